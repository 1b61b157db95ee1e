// Lanes of bounded concurrency over p-queue: rollouts in one, evaluations in another, so that neither starves the other.
import PQueue from "p-queue";

export interface Lane {
  readonly running: number;
  readonly waiting: number;
  /** Runs the work when a place is free. Rejects when the work does. */
  run<T>(work: () => Promise<T>, priority?: number): Promise<T>;
  /** Resolves when nothing waits: at most one piece of work is then ahead of the next. */
  free(): Promise<void>;
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>;
}

/** A lane that runs at most `concurrency` pieces of work at a time; higher priority first. */
export function createLane(concurrency: number): Lane {
  const queue = new PQueue({ concurrency });
  return {
    get running() {
      return queue.pending;
    },
    get waiting() {
      return queue.size;
    },
    run: (work, priority = 0) => queue.add(work, { priority }),
    free: () => queue.onSizeLessThan(1),
    idle: () => queue.onIdle(),
  };
}

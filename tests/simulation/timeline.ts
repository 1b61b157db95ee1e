// Simulated time: things happen in the order of their moments, one at a time, and nothing waits. While a real file is being read the clock
// stands still, so that the same seed gives the same run whatever the machine is doing.
import type { Clock } from "../../src/core/runtime.ts";

/** A process under simulation: once it is dead nothing that it waits for ever comes. */
export interface Life {
  dead: boolean;
}

/** What a dead process waits for. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

interface Moment {
  readonly atMs: number;
  readonly order: number;
  fire: (() => void) | null;
}

export class Timeline {
  nowMs = 1_700_000_000_000;
  /** Called when nothing is left that could happen. */
  onIdle: (() => void) | null = null;
  #heap: Moment[] = [];
  #order = 0;
  #external = 0;
  #isScheduled = false;

  /** Fires after `ms`; returns what takes it back. */
  after(ms: number, fire: () => void): () => void {
    const moment: Moment = { atMs: this.nowMs + ms, order: this.#order++, fire };
    this.#push(moment);
    this.kick();
    return () => {
      moment.fire = null;
    };
  }

  /** Real work, one piece after the other is the caller's affair: the clock stands still until it is done. */
  async external<T>(work: () => Promise<T>): Promise<T> {
    this.#external += 1;
    try {
      return await work();
    } finally {
      this.#external -= 1;
      this.kick();
    }
  }

  /** Everything that would still have happened does not. */
  clear(): void {
    this.#heap = [];
  }

  kick(): void {
    if (this.#isScheduled || this.#external > 0) return;
    this.#isScheduled = true;
    // By then every promise that the last moment settled has been heard.
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    if (this.#external > 0) return;
    let next = this.#pop();
    while (next !== undefined && next.fire === null) next = this.#pop();
    if (next === undefined) {
      this.onIdle?.();
      return;
    }
    this.nowMs = Math.max(this.nowMs, next.atMs);
    next.fire?.();
    this.kick();
  }

  #push(moment: Moment): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(moment);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, moment)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = moment;
  }

  #pop(): Moment | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      let smaller = left;
      if (right !== undefined && isBefore(right, left)) {
        smaller = right;
        child += 1;
      }
      if (isBefore(last, smaller)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Moment, b: Moment): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** The clock of one process. `skewMs`: how far its wall clock is off; durations are never. */
export function clockOf(timeline: Timeline, life: Life, skewMs = 0): Clock {
  return {
    now: () => timeline.nowMs + skewMs,
    monotonic: () => timeline.nowMs,
    sleep(ms, signal) {
      if (life.dead) return never();
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (ms <= 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const stop = () => {
          cancel();
          if (!life.dead) reject(signal?.reason);
        };
        const cancel = timeline.after(ms, () => {
          signal?.removeEventListener("abort", stop);
          if (!life.dead) resolve();
        });
        signal?.addEventListener("abort", stop, { once: true });
      });
    },
  };
}

// Who may go beside whom: shared work goes together, exclusive work alone. First come, first served, so that nobody starves.
import type { Turns } from "../core/runtime.ts";

/** What is taken before exclusive work starts and given back after it, beyond this process; null for nothing. */
export type TakeHost = (signal?: AbortSignal) => Promise<() => Promise<void>>;

export interface TurnsOptions {
  /** False: shared work goes at any time, and only exclusive work waits for exclusive work. */
  readonly holdShared: boolean;
  readonly takeHost: TakeHost | null;
}

interface Waiting {
  readonly isAlone: boolean;
  start(): void;
}

/** Turns for one process. Exclusive work never waits inside of shared work: it would wait for itself. */
export function turns({ holdShared, takeHost }: TurnsOptions): Turns {
  const waiting: Waiting[] = [];
  let together = 0;
  let alone = false;

  function startNext(): void {
    for (let head = waiting[0]; head !== undefined && !alone; head = waiting[0]) {
      if (head.isAlone && together > 0) return;
      waiting.shift();
      if (head.isAlone) alone = true;
      else together += 1;
      head.start();
    }
  }

  async function enter(isAlone: boolean, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const entry: Waiting = {
        isAlone,
        start: () => {
          signal?.removeEventListener("abort", leaveQueue);
          resolve();
        },
      };
      const leaveQueue = () => {
        const index = waiting.indexOf(entry);
        if (index < 0) return;
        waiting.splice(index, 1);
        reject(signal?.reason);
        startNext();
      };
      signal?.addEventListener("abort", leaveQueue, { once: true });
      waiting.push(entry);
      startNext();
    });
  }

  return {
    async shared(work, signal) {
      if (!holdShared) return work();
      await enter(false, signal);
      try {
        return await work();
      } finally {
        together -= 1;
        startNext();
      }
    },
    async exclusive(work, signal) {
      await enter(true, signal);
      try {
        const giveBack = await takeHost?.(signal);
        try {
          return await work();
        } finally {
          await giveBack?.();
        }
      } finally {
        alone = false;
        startNext();
      }
    },
  };
}

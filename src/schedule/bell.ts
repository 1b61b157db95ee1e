// A bell: lets a loop sleep until something that it watches has changed, without polling.

export interface Bell {
  ring(): void;
  /** Resolves at the next ring; rejects with the signal's reason. */
  rung(signal?: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let waiters = new Set<() => void>();
  return {
    ring() {
      const woken = waiters;
      waiters = new Set();
      for (const wake of woken) wake();
    },
    rung: (signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const stop = () => {
          waiters.delete(wake);
          reject(signal?.reason);
        };
        const wake = () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        };
        signal?.addEventListener("abort", stop, { once: true });
        waiters.add(wake);
      }),
  };
}

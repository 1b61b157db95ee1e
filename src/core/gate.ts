// A gate that lets a fixed number through at once: for what is scarcer than those who want it, as starts of sandboxes.

export interface Gate {
  /** Runs the work when there is room. An aborted wait rejects with the signal's reason and never starts the work. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** A gate with `concurrencyMax` places; whoever waits is served in order. */
export function gate(concurrencyMax: number): Gate {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (running < concurrencyMax) {
      running += 1;
      return;
    }
    // The place is handed over by whoever leaves: `running` does not change.
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        const index = waiting.indexOf(proceed);
        if (index < 0) return;
        waiting.splice(index, 1);
        reject(signal?.reason);
      };
      const proceed = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      waiting.push(proceed);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }

  return {
    async run(work, signal) {
      await enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

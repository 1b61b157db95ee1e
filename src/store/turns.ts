// Lets a bounded number of pieces of work run at once, first come first served. The rest wait.

export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs at most `atOnceMax` pieces of work at a time. */
export function turns(atOnceMax: number): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnceMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place is handed over, never freed in between, so that nobody overtakes.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

// A bell: lets a loop sleep until something that it watches has changed, without polling.

export interface Bell {
  ring(): void;
  /** Resolves at the next ring. */
  rung(): Promise<void>;
}

export function createBell(): Bell {
  let waiters: (() => void)[] = [];
  return {
    ring() {
      const woken = waiters;
      waiters = [];
      for (const wake of woken) wake();
    },
    rung: () => new Promise((resolve) => waiters.push(resolve)),
  };
}

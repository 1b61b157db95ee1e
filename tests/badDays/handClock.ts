// Real time, with hours laid in by hand: what sleeps until then wakes, and whatever measures sees them pass.
import type { Clock } from "../../src/core/runtime.ts";

export interface HandClock extends Clock {
  /** Time passes at once. */
  advance(ms: number): void;
  /** Only the date jumps, forward or back, as when somebody sets the clock: no time passes. */
  jump(ms: number): void;
}

export function handClock(): HandClock {
  let laidInMs = 0;
  let jumpedMs = 0;
  const sleepers = new Set<() => void>();
  const monotonic = () => performance.now() + laidInMs;
  return {
    now: () => Date.now() + laidInMs + jumpedMs,
    monotonic,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      const untilMs = monotonic() + ms;
      while (monotonic() < untilMs) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(wake, Math.min(untilMs - monotonic(), 2 ** 30));
          function wake() {
            clearTimeout(timer);
            sleepers.delete(wake);
            signal?.removeEventListener("abort", wake);
            resolve();
          }
          sleepers.add(wake);
          signal?.addEventListener("abort", wake);
        });
        signal?.throwIfAborted();
      }
    },
    jump(ms) {
      jumpedMs += ms;
    },
    advance(ms) {
      laidInMs += ms;
      for (const wake of [...sleepers]) wake();
    },
  };
}

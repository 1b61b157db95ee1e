// A clock that stands still but for those who sleep on it: no test waits.
import type { Clock } from "../../src/core/runtime.ts";

export interface FakeClock extends Clock {
  /** Every sleep so far, in ms. */
  readonly slept: readonly number[];
  pass(ms: number): void;
}

export function fakeClock(): FakeClock {
  let nowMs = 1_700_000_000_000;
  const slept: number[] = [];
  return {
    slept,
    pass: (ms) => {
      nowMs += ms;
    },
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      nowMs += ms;
    },
  };
}

// A clock whose dates never jump: what a rollout is dated by, so that no duration of it is negative or an hour too long when somebody sets
// this machine's clock. It takes the date once and counts on from there.
import type { Clock } from "./runtime.ts";

/** Dates from now on run with `clock.monotonic()`. For one rollout's session, not for a process's life: a clock that is set right stays wrong here. */
export function steadyClock(clock: Clock): Clock {
  const dateMs = clock.now();
  const startMs = clock.monotonic();
  return {
    now: () => dateMs + (clock.monotonic() - startMs),
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}

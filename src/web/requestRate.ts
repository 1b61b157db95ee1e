// Keeps requests apart in time, whoever makes them: a service's limit holds for all rollouts together.
import type { Clock } from "../core/runtime.ts";

export interface RequestRate {
  /** Waits for a turn. False, at once, where the turn would come later than in `msMax`: then none is taken. */
  turn(msMax: number, signal: AbortSignal): Promise<boolean>;
}

/** Turns come one after another, at most `perSecond` of them a second. */
export function requestRate(perSecond: number, clock: Clock): RequestRate {
  const intervalMs = 1000 / perSecond;
  let nextAt = Number.NEGATIVE_INFINITY;
  return {
    async turn(msMax, signal) {
      const now = clock.monotonic();
      const at = Math.max(now, nextAt);
      if (at - now > msMax) return false;
      nextAt = at + intervalMs;
      if (at > now) await clock.sleep(at - now, signal);
      return true;
    },
  };
}

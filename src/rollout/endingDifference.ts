// Whether an action that is carried out again ends as its record says, class by class. What it printed is for the caller to judge.
import type { StepInfo } from "../core/env.ts";

type Ending = Pick<StepInfo, "exitCode" | "timedOut" | "oomKilled" | "ok">;

/** The first class in which the two differ, in words; null where both ended alike. */
export function endingDifference(was: Ending, now: Ending): string | null {
  if (was.exitCode !== now.exitCode) {
    return `exit code ${now.exitCode ?? "none"}, recorded ${was.exitCode ?? "none"}`;
  }
  if (was.timedOut !== now.timedOut) return now.timedOut ? "it timed out now" : "it timed out then";
  if (was.oomKilled !== now.oomKilled)
    return now.oomKilled ? "it ran out of memory now" : "it ran out of memory then";
  if (was.ok !== now.ok) return now.ok ? "it succeeds now" : "it fails now";
  return null;
}

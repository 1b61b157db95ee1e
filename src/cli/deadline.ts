// The option `--deadline` of what plays a run.
import { deadlineAtMs } from "../pipeline/deadline.ts";

export const DEADLINE_OPTION =
  "end this session so that the dataset is written by then: a local time of day such as 08:00, or an ISO date with a time; instead of budgets.deadline";

/** The option as it was given; null where it was not. Throws UserError before anything is opened. */
export function checkedDeadline(given: string | undefined, nowMs: number): string | null {
  if (given === undefined) return null;
  deadlineAtMs(given, nowMs);
  return given;
}

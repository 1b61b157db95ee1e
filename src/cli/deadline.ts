// The option `--deadline` of what plays a run.
import { type Deadline, deadlineAtMs } from "../pipeline/deadline.ts";

export const DEADLINE_OPTION =
  "end this session so that the dataset is written by then: a local time of day such as 08:00, or an ISO date with a time; instead of budgets.deadline";

/** The option's deadline; null where it was not given. Throws UserError before anything is opened. */
export function checkedDeadline(text: string | undefined, nowMs: number): Deadline | null {
  return text === undefined ? null : { text, atMs: deadlineAtMs(text, nowMs) };
}

// When a session has to be over: by a time of day or a date, or after so many hours. And what of its end is kept free, so that what was
// played is judged and written by then.
import { UserError } from "../core/errors.ts";
import type { Pipeline } from "./pipelineFile.ts";

const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)$/;
const DATE_AND_TIME =
  /^\d{4}-\d{2}-\d{2}[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** A deadline as it was given, and in milliseconds since 1970. */
export interface Deadline {
  readonly text: string;
  readonly atMs: number;
}

/**
 * Milliseconds since 1970 of a deadline: a local time of day (`08:00`, its next occurrence), or an ISO date with a time, local where it names no
 * zone. Throws UserError for anything else, and for what is past.
 */
export function deadlineAtMs(text: string, nowMs: number): number {
  const [, hours, minutes] = TIME_OF_DAY.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const end = new Date(nowMs);
    end.setHours(Number(hours), Number(minutes), 0, 0);
    if (end.getTime() <= nowMs) end.setDate(end.getDate() + 1);
    return end.getTime();
  }
  const atMs = DATE_AND_TIME.test(text) ? Date.parse(text.replace(" ", "T")) : Number.NaN;
  if (Number.isNaN(atMs)) {
    throw new UserError(
      `--deadline ${text}: must be a local time of day such as 08:00, or a date with a time such as 2026-11-25T08:00`,
    );
  }
  if (atMs <= nowMs) {
    throw new UserError(`--deadline ${text}: that is past; give a time that is to come, such as 08:00`);
  }
  return atMs;
}

/**
 * Milliseconds that this session may take from `nowMs` on: the nearer of the wall clock budget and the deadline; null for no bound.
 * `deadlineMs`, a time since 1970, stands in for the pipeline's deadline.
 */
export function sessionMsMax(
  budgets: Pipeline["budgets"],
  nowMs: number,
  deadlineMs: number | null = null,
): number | null {
  const bounds: number[] = [];
  if (budgets.wallClockHours !== null) bounds.push(budgets.wallClockHours * 3_600_000);
  const endMs = deadlineMs ?? (budgets.deadline === null ? null : deadlineAtMs(budgets.deadline, nowMs));
  if (endMs !== null) bounds.push(endMs - nowMs);
  return bounds.length === 0 ? null : Math.min(...bounds);
}

/** Before anything was judged: what judging one rollout may take, milliseconds. */
const JUDGING_MS_ASSUMED = 10_000;
/** Before anything was written. */
const WRITING_MS_ASSUMED = 5_000;
const WRITING_MS_A_ROLLOUT_ASSUMED = 20;
/** A night's last rollouts are not its average ones. */
const MARGIN = 1.5;
/** A short session is not spent on its own end. */
const SESSION_SHARE_MAX = 0.5;

/** What judging took in this session: from a rollout's end to its verdict, waiting for a turn included. */
export interface Judging {
  readonly count: number;
  readonly sumMs: number;
  /** Rollouts that have ended and have no verdict yet. */
  readonly waiting: number;
  readonly atOnce: number;
}

/** Milliseconds to judge what waits for its verdict, by the mean of this session, and half of it again. */
export function judgingMs({ count, sumMs, waiting, atOnce }: Judging): number {
  const eachMs = count === 0 ? JUDGING_MS_ASSUMED : sumMs / count;
  return MARGIN * eachMs * Math.ceil(waiting / atOnce);
}

/** How long the dataset took when it was written last. */
export interface Written {
  readonly tookMs: number;
  readonly rollouts: number;
}

/**
 * Milliseconds to write the dataset of so many ended rollouts, and half of it again: by its last writing where the run has one, which grows
 * with the rollouts, and never less than it took. Each export counts as much as the dataset.
 */
export function writingMs(ended: number, last: Written | null, exportCount: number): number {
  const datasetMs =
    last === null
      ? WRITING_MS_ASSUMED + WRITING_MS_A_ROLLOUT_ASSUMED * ended
      : last.tookMs * Math.max(1, ended / Math.max(1, last.rollouts));
  return MARGIN * datasetMs * (1 + exportCount);
}

/** What is kept free of a session's end, in order; all of it together is at most half of the session. */
export interface Reserve {
  readonly drainMs: number;
  readonly judgingMs: number;
  readonly writingMs: number;
}

export function fittedTo(sessionMs: number, { drainMs, judgingMs, writingMs }: Reserve): Reserve {
  const share = Math.min(1, (SESSION_SHARE_MAX * sessionMs) / (drainMs + judgingMs + writingMs || 1));
  return { drainMs: drainMs * share, judgingMs: judgingMs * share, writingMs: writingMs * share };
}

// Brings an environment to where a rollout's record ended: what its sandbox has behind it is recalled, what it has not is carried out again.
import type { Env, StepResult } from "../core/env.ts";
import { BoundaryError, within } from "../core/errors.ts";
import { actionsOf, type Past, type PastAction } from "../core/past.ts";
import type { StepAction } from "../core/trajectory.ts";
import { endingDifference } from "./endingDifference.ts";

/** How a rollout came by its environment. */
export interface TakenUp {
  /** `attached`: its own sandbox, alive. `restored`: another one, made from a snapshot or from the starter files. */
  readonly how: "attached" | "restored";
  /** Of the record's actions, how many the sandbox has behind it. */
  readonly seenCount: number;
}

export type CaughtUp =
  | { readonly replayedCount: number; readonly savedMs: number }
  /** Where the replay went otherwise than recorded, in a sentence. */
  | { readonly difference: string };

/**
 * Carries the tail out again and holds each action against its record, class by class: how it ended (exit code, time-out, memory), whether
 * the tool succeeded, the lines that an editor shows with their numbers masked, and at a validation the very files that were handed in.
 * Output of commands is not compared: times and addresses differ from run to run. Stops at the first difference. Throws BoundaryError where
 * the replay itself was disturbed: an action was killed or ran out of time now that had not before.
 */
export async function catchUp(
  env: Env,
  past: Past,
  { seenCount }: TakenUp,
  isReplayed: (tool: string) => boolean,
  signal: AbortSignal,
): Promise<CaughtUp> {
  let replayedCount = 0;
  let savedMs = 0;
  for (const [index, action] of actionsOf(past).entries()) {
    const { record } = action;
    const { result } = record;
    if (result === null) break;
    if (index < seenCount) {
      env.recall(result);
      savedMs += result.durationMs;
    } else if (isReplayed(record.tool)) {
      const now = await again(env, record, signal);
      replayedCount += 1;
      const difference = differenceOf(action, now, past);
      if (difference !== null) return { difference };
    } else {
      const difference = await submissionDiffers(env, action, signal);
      if (difference !== null) return { difference };
      env.recall(result);
    }
  }
  return { replayedCount, savedMs };
}

function again(env: Env, record: StepAction, signal: AbortSignal): Promise<StepResult> {
  const { tool, text, callId } = record;
  const action = { tool, arguments: record.arguments ?? {}, text, callId };
  return within("sandbox", "carrying an action out again", () => env.step(action, signal));
}

/** The class in which an action went otherwise than recorded, in a sentence; null where it went the same. */
function differenceOf({ step, record }: PastAction, now: StepResult, past: Past): string | null {
  const was = record.result;
  if (was === null) return null;
  const place = `step ${step}, ${record.tool}`;
  const { info, observation } = now;
  const isCutOff = info.exitCode === null && was.exitCode !== null;
  if (isCutOff || (info.timedOut && !was.timedOut)) {
    throw new BoundaryError("sandbox", `${place}: it was cut off when it was carried out again`, {
      transient: true,
    });
  }
  const ending = endingDifference(was, info);
  if (ending !== null) return `${place}: ${ending}`;
  // A command's output is its own affair; what the editor shows is the state of files.
  if (was.exitCode !== null || was.message === null) return null;
  const recorded = new Set(masked(past.pool[was.message]?.message.content ?? ""));
  return masked(observation.text).every((line) => recorded.has(line))
    ? null
    : `${place}: the file's lines are others than recorded`;
}

/** Lines without their numbers and outer blanks. */
function masked(text: string): readonly string[] {
  return text
    .trim()
    .split("\n")
    .map((line) => line.trim().replaceAll(/\d+/g, "#"));
}

/** At a validation in the tail, the declared files must be those that were scored. */
async function submissionDiffers(env: Env, { step, record }: PastAction, signal: AbortSignal) {
  const scored = record.result?.validation?.submission ?? null;
  if (scored === null) return null;
  const now = await within("sandbox", "reading the submission", () => env.submission(signal));
  return "id" in now && now.id === scored ? null : `step ${step}, ${record.tool}: the files are others`;
}

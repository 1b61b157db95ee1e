// One episode of the Gym: a sandbox, the steps in it, how it ends, and the score of record of what it leaves. It ends as a rollout of a
// pipeline would: by the same actions, under the same limits, with the same submission.
import { rolloutSeed } from "../core/cell.ts";
import { type Env, NOTHING_RUN, type Observation } from "../core/env.ts";
import { BoundaryError, UserError, within } from "../core/errors.ts";
import type { Outcome } from "../core/outcome.ts";
import { STEP_REWARDS, type StepRewardName } from "../rewards/stepReward.ts";
import { limitHit } from "../rollout/limits.ts";
import { finalSubmission } from "../rollout/rollout.ts";
import type { Ground } from "./ground.ts";
import { type GymAction, readAction } from "./gymAction.ts";
import type { GymScore, ResetReturn, StepReturn } from "./gymContract.ts";
import { type Ended, recordJudge } from "./gymRecord.ts";

/** Contract: its methods are called one at a time; what throws anything but UserError has broken it. Dispose it. */
export interface GymEpisode extends AsyncDisposable {
  readonly opening: ResetReturn;
  step(action: GymAction, signal: AbortSignal): Promise<StepReturn>;
  evaluate(seedCount: number, signal: AbortSignal): Promise<GymScore>;
}

/** Opens the episode of a seed. `scope` tells its actions from those of other episodes. */
export async function openGymEpisode(
  ground: Ground,
  of: { readonly seed: number; readonly scope: string; readonly reward: StepRewardName },
  signal: AbortSignal,
): Promise<GymEpisode> {
  const key = ground.keyOf(of.seed);
  const env = await within("sandbox", "opening the sandbox", () => ground.openEnv(key, signal));
  try {
    const startedMs = ground.clock.monotonic();
    const first = await env.reset({ actionScope: `${key.slice(0, 16)}/${of.scope}` }, signal);
    const { description } = ground.task;
    const stepsMax = ground.limits.steps;
    const info = { seed: of.seed, key, policySeed: rolloutSeed(key), stepsMax, description };
    const opening = [first, { ...info, toolDocs: ground.toolDocs }] as const;
    return episodeOf(ground, of.reward, { env, startedMs, opening });
  } catch (error) {
    await env[Symbol.asyncDispose]();
    throw error;
  }
}

function episodeOf(
  ground: Ground,
  reward: StepRewardName,
  { env, startedMs, opening }: { env: Env; startedMs: number; opening: ResetReturn },
): GymEpisode {
  const { task, limits, tools, clock } = ground;
  const { definition } = task;
  const validated: number[] = [];
  const record = recordJudge(ground);
  let lastValidated: { readonly submission: string; readonly score: number } | null = null;
  let stepCount = 0;
  let formatErrorsInRow = 0;
  let last: Observation = opening[0];
  let ended: Ended | null = null;

  const limitReached = (): Outcome | null => {
    const wallMs = clock.monotonic() - startedMs;
    const uncounted = { tokens: 0, costUsd: 0, refusals: 0 };
    const limit = limitHit(limits, { stepCount, formatErrorsInRow, wallMs, ...uncounted });
    return limit === null ? null : { kind: "limit", limit };
  };

  /** Takes the submission and lets the sandbox go: nothing more happens in it. */
  const end = async (outcome: Outcome, signal: AbortSignal): Promise<Ended> => {
    if (!(await env.probe())) {
      throw new BoundaryError("sandbox", "the sandbox died before its submission could be read");
    }
    const { id: submission, reason: submissionReason } = await finalSubmission(env, outcome, signal);
    ended = { outcome, submission, submissionReason };
    await env[Symbol.asyncDispose]();
    return ended;
  };

  return {
    opening,
    async step(action, signal) {
      if (ended !== null) throw new UserError("the episode has ended; call reset for another one");
      const call = readAction(tools, action);
      const result =
        call.kind === "action"
          ? await within("sandbox", "running the action", () => env.step(call.action, signal))
          : null;
      const actionError = call.kind === "action" ? null : call.error;
      last = result?.observation ?? { ...last, text: actionError ?? "" };
      stepCount += 1;
      formatErrorsInRow = actionError === null ? 0 : formatErrorsInRow + 1;
      const { submission = null, score = null } = result?.info.validation ?? {};
      if (score !== null) validated.push(score);
      if (score !== null && submission !== null) lastValidated = { submission, score };
      const ending = result?.ending ?? limitReached();
      const final = ending === null ? null : await end(ending, signal);
      const terminated = result?.terminated ?? false;
      const info = {
        ...(result?.info ?? NOTHING_RUN),
        step: stepCount,
        stepsMax: limits.steps,
        actionError,
        ending,
        submission: final?.submission ?? null,
        submissionReason: final?.submissionReason ?? null,
      };
      const rewarded = STEP_REWARDS[reward](definition, validated, score !== null);
      return [last, rewarded, terminated, ending !== null && !terminated, info];
    },
    async evaluate(seedCount, signal) {
      const left = ended ?? (await end({ kind: "stopped", rule: "caller" }, signal));
      return await record(left, lastValidated, seedCount, signal);
    },
    [Symbol.asyncDispose]: () => env[Symbol.asyncDispose](),
  };
}

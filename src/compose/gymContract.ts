// What the Gym promises to programs: reset, step and close with Gymnasium's five values (https://gymnasium.farama.org, Env API), and the
// score of record at the end. Whoever plays is the caller's.
import type { Observation, StepInfo } from "../core/env.ts";
import type { RolloutLimits } from "../core/limits.ts";
import type { ToolSchema } from "../core/model.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Task } from "../core/task.ts";
import type { RewardName } from "../rewards/rewardsOf.ts";
import type { StepRewardName } from "../rewards/stepReward.ts";
import type { Score } from "../stages/score.ts";
import type { GroundOptions } from "./ground.ts";
import type { GymAction } from "./gymAction.ts";

export interface GymOptions extends GroundOptions {
  /**
   * The reward of a step, by name. `improvement@1` (the default) pays at each scored `validate` what the submission is better than the
   * one validated before, on the task's own scale (the starter is 0.25, the optimum 1), and is null at every other step; `zero@1` is
   * always 0, as in MLGym.
   */
  readonly reward?: StepRewardName;
}

/** What `reset` says besides the first observation. */
export interface ResetInfo {
  readonly seed: number;
  /** Names the episode: equal for equal task, tools, limits and seed. */
  readonly key: string;
  /** A 48-bit number drawn from the key, for whatever the caller's policy draws. */
  readonly policySeed: number;
  readonly stepsMax: number;
  /** What a pipeline's agent is told of the task, and of its tools. */
  readonly description: string;
  readonly toolDocs: string;
}

/** What `step` says besides observation and reward. */
export interface GymInfo extends StepInfo {
  /** Steps of the episode, this one included. */
  readonly step: number;
  readonly stepsMax: number;
  /** Why the action could not be carried out as it is written; null where it could. The observation says it too. */
  readonly actionError: string | null;
  /** How the episode ended with this step; null while it goes on. */
  readonly ending: Outcome | null;
  /** At the end: what the score of record is of; null where there is nothing to judge, with the reason. */
  readonly submission: string | null;
  readonly submissionReason: string | null;
}

export type ResetReturn = readonly [observation: Observation, info: ResetInfo];
export type StepReturn = readonly [
  observation: Observation,
  reward: number | null,
  terminated: boolean,
  truncated: boolean,
  info: GymInfo,
];

/** The score of record of an episode. */
export interface GymScore {
  readonly outcome: Outcome;
  readonly submission: string | null;
  readonly score: Score;
  /** That of the last submission that validated, where the task lets it stand in for one that is absent or invalid; null: it need not. */
  readonly lastValid: Score | null;
  /** Every reward function of a pipeline, of what was judged; null: not scored. */
  readonly rewards: Readonly<Record<RewardName, number | null>>;
  /** Better than the starter by two standard errors; null: not scored. */
  readonly success: boolean | null;
}

/** Contract: its methods are called one at a time, but `close`, which cuts off what is under way; dispose it. */
export interface Gym extends AsyncDisposable {
  readonly task: Task;
  readonly limits: RolloutLimits;
  readonly reward: StepRewardName;
  /** The tools as a text prompt lists them, and as a model takes them natively. */
  readonly toolDocs: string;
  readonly toolSchemas: readonly ToolSchema[];
  /**
   * Begins an episode in a fresh sandbox; one that still runs is given up. `seed` is a whole number from 0 on, a pipeline's seed index;
   * left out: the one after the last, 0 at first. The same seed and the same actions give the same observations, as far as what the
   * actions themselves run repeats itself.
   */
  reset(options?: { readonly seed?: number; readonly signal?: AbortSignal }): Promise<ResetReturn>;
  /**
   * One action. What is malformed is answered in the observation; a limit of the task ends the episode as `truncated`. Throws UserError
   * before `reset` and after the end, BoundaryError where the sandbox or the judge broke: then only `reset` goes on.
   */
  step(action: GymAction, options?: { readonly signal?: AbortSignal }): Promise<StepReturn>;
  /**
   * The score of record of the episode's submission over the judge seeds 0 … seeds−1 (default 3), each in fresh sandboxes. An episode
   * that still runs is ended by it, as `stopped`.
   */
  evaluate(options?: { readonly seeds?: number; readonly signal?: AbortSignal }): Promise<GymScore>;
  /** Cuts off what is under way and removes the sandbox. Idempotent. */
  close(): Promise<void>;
}

// The life of one rollout, top to bottom: open, then decide, act, observe until an ending; seal what happened. Read this file first.
import type { Agent, Call, Decision, PromptView } from "../core/agent.ts";
import { type Cell, type Origin, rolloutSeed } from "../core/cell.ts";
import type { Env, Observation, StepResult } from "../core/env.ts";
import { BoundaryError, errorText, within } from "../core/errors.ts";
import type { StepsLog } from "../core/journal.ts";
import type { RolloutLimits } from "../core/limits.ts";
import { BudgetExceededError, ContextOverflowError } from "../core/model.ts";
import { isEpisodeEnd, type Outcome } from "../core/outcome.ts";
import type { Clock } from "../core/runtime.ts";
import { signedScore, type Task } from "../core/task.ts";
import { TRAJECTORY_VERSION, type Trajectory } from "../core/trajectory.ts";
import { limitHit } from "./limits.ts";
import { createRecorder, type Recorder } from "./recorder.ts";

/** Which rollout to play. */
export interface RolloutSpec {
  readonly key: string;
  readonly retry: number;
  readonly cell: Cell;
  readonly seedIndex: number;
  readonly origin: Origin | null;
  readonly task: Task;
}

/** What a rollout is played with; `open` makes the sandbox and lays the workspace. */
export interface RolloutParts {
  readonly agent: Agent;
  readonly provider: string;
  readonly open: (signal: AbortSignal) => Promise<{ env: Env; place: NonNullable<Trajectory["place"]> }>;
  readonly log: StepsLog;
  readonly clock: Clock;
  /** Aborted when the run pauses: the call under way is answered and recorded, then the rollout ends as `cancelled`. */
  readonly pause?: AbortSignal;
}

type EpisodeParts = RolloutParts & { env: Env; place: NonNullable<Trajectory["place"]>; recorder: Recorder };
type LimitOutcome = Extract<Outcome, { kind: "limit" }>;
type FinalSubmission =
  | { readonly id: string; readonly reason: null }
  | { readonly id: null; readonly reason: string };

/**
 * Plays one rollout to its end and returns its trajectory. Whatever breaks on the way is an outcome `failed(boundary)`.
 * Contract: throws only when the run itself stops it (abort, the run's budget, the store): then the rollout is still owed.
 */
export async function playRollout(
  spec: RolloutSpec,
  parts: RolloutParts,
  signal: AbortSignal,
): Promise<Trajectory> {
  const better = (score: number, than: number) =>
    signedScore(spec.task.definition, score) > signedScore(spec.task.definition, than);
  const recorder = createRecorder(
    { key: spec.key, retry: spec.retry },
    { log: parts.log, clock: parts.clock, better },
  );
  const startedAtMs = parts.clock.now();
  let place: Trajectory["place"] = null;
  let outcome: Outcome;
  let final: FinalSubmission = { id: null, reason: "the rollout failed" };
  try {
    const opened = await within("sandbox", "opening the sandbox", () => parts.open(signal));
    place = opened.place;
    await using env = opened.env;
    outcome = await runEpisode(spec, { ...parts, env, place, recorder }, signal);
    if (!(await env.probe()))
      throw new BoundaryError("sandbox", "the sandbox died before its submission could be read");
    final = await finalSubmission(env, outcome, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof BoundaryError)) throw error;
    outcome = failure(error);
    final = { id: null, reason: "the rollout failed" };
  }
  return {
    version: TRAJECTORY_VERSION,
    key: spec.key,
    retry: spec.retry,
    cell: spec.cell,
    seedIndex: spec.seedIndex,
    seed: rolloutSeed(spec.key),
    origin: spec.origin,
    agentIdentity: parts.agent.identity,
    provider: parts.provider,
    taskPlayHash: spec.task.playHash,
    place,
    startedAtMs,
    endedAtMs: parts.clock.now(),
    tools: [...parts.agent.tools],
    pool: [...recorder.pool],
    steps: [...recorder.steps],
    outcome,
    finalSubmission: final.id,
    finalReason: final.reason,
    bestValidated: recorder.bestValidated(),
  };
}

/** A revoked key or an unknown model fails the next try too; lost connections and sandboxes may not. */
function failure(error: BoundaryError): Outcome {
  const isPermanent = error.boundary === "model" && !error.transient;
  const failed = { kind: "failed", boundary: error.boundary, error: errorText(error) } as const;
  return isPermanent ? { ...failed, permanent: true } : failed;
}

/** The heart: decide, act, observe, until something ends it. */
async function runEpisode(spec: RolloutSpec, parts: EpisodeParts, signal: AbortSignal): Promise<Outcome> {
  const { agent, env, recorder, clock } = parts;
  const { limits } = spec.cell;
  let seen = await env.reset({ actionScope: `${spec.key.slice(0, 16)}/${spec.retry}` }, signal);
  await recorder.open(agent.opening(seen, { stepsMax: limits.steps }), parts.place);
  for (let step = 0; ; step++) {
    if (parts.pause?.aborted) return { kind: "cancelled" };
    const startedAtMs = clock.now();
    const view = { step, stepsMax: limits.steps, pool: recorder.pool, last: recorder.last() };
    const decision = await decide(agent, view, signal);
    if ("kind" in decision) return decision;
    await recorder.reply(decision, startedAtMs);
    const budget = { step: step + 1, stepsMax: limits.steps };
    const { calls, formatError } = decision;
    for (const [position, call] of calls.entries()) {
      const result = await act(call, seen, env, signal);
      seen = result.observation;
      // All calls of a reply belong to its step: limits end the episode after the last of them.
      const isLast = position === calls.length - 1;
      const outcome = result.ending ?? (isLast ? limitOutcome(limits, recorder) : null);
      await recorder.observe(position, result, outcome === null ? agent.observe(call, seen, budget) : null);
      if (outcome !== null) return outcome;
    }
    if (calls.length === 0) {
      const outcome = limitOutcome(limits, recorder);
      if (outcome !== null) return outcome;
      await recorder.complain(agent.complain(formatError?.error ?? "It asks for nothing."));
    }
  }
}

/** Asks the agent; the limits that show only at the call (context, this rollout's budget) are endings. */
async function decide(agent: Agent, view: PromptView, signal: AbortSignal): Promise<Decision | LimitOutcome> {
  try {
    return await agent.act(view, signal);
  } catch (error) {
    if (error instanceof ContextOverflowError) return { kind: "limit", limit: "context" };
    if (error instanceof BudgetExceededError && error.scope === "rollout") {
      return { kind: "limit", limit: error.unit === "usd" ? "cost" : "tokens" };
    }
    if (error instanceof BudgetExceededError) throw error;
    return within("agent", "deciding", () => Promise.reject(error));
  }
}

/** Lets the environment act; a call that cannot be carried out is answered without touching it. */
async function act(call: Call, seen: Observation, env: Env, signal: AbortSignal): Promise<StepResult> {
  if (call.kind === "unusable") return { ...NOTHING_RUN, observation: { ...seen, text: call.error } };
  return within("sandbox", "running the action", () => env.step(call.action, signal));
}

const NOTHING_RUN: Omit<StepResult, "observation"> = {
  reward: null,
  terminated: false,
  truncated: false,
  ending: null,
  info: {
    ok: false,
    exitCode: null,
    timedOut: false,
    oomKilled: false,
    durationMs: 0,
    cpuMs: 0,
    validation: null,
  },
};

function limitOutcome(limits: RolloutLimits, recorder: Recorder): LimitOutcome | null {
  const limit = limitHit(limits, recorder.totals());
  return limit === null ? null : { kind: "limit", limit };
}

/** The declared files as the episode left them; an agent that gave up submits nothing. */
export async function finalSubmission(
  env: Env,
  outcome: Outcome,
  signal: AbortSignal,
): Promise<FinalSubmission> {
  if (!isEpisodeEnd(outcome)) return { id: null, reason: "the rollout was cut off" };
  if (outcome.kind === "forfeit") return { id: null, reason: "the agent gave up" };
  const submission = await within("sandbox", "reading the submission", () => env.submission(signal));
  return "id" in submission ? { id: submission.id, reason: null } : { id: null, reason: submission.reason };
}

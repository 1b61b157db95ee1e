// The life of one rollout, top to bottom: open, then decide, act, observe until an ending; seal what happened. Read this file first.
import type { Agent, Call, Decision, PromptView } from "../core/agent.ts";
import { type BranchStart, pastOfBranch } from "../core/branch.ts";
import { type Cell, type Origin, rolloutSeed } from "../core/cell.ts";
import { DrainedError } from "../core/drainedError.ts";
import { type Env, NOTHING_RUN, type Observation, type StepResult } from "../core/env.ts";
import { BoundaryError, errorText, within } from "../core/errors.ts";
import type { StepsLog } from "../core/journal.ts";
import type { RolloutLimits } from "../core/limits.ts";
import { BudgetExceededError, ContextOverflowError } from "../core/model.ts";
import { isEpisodeEnd, type Outcome } from "../core/outcome.ts";
import { type ActionPlace, actionsOf, type Past } from "../core/past.ts";
import type { Clock, Log } from "../core/runtime.ts";
import { steadyClock } from "../core/steadyClock.ts";
import { signedScore, type Task } from "../core/task.ts";
import { type StepAction, TRAJECTORY_VERSION, type Trajectory } from "../core/trajectory.ts";
import { limitHit } from "./limits.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { catchUp, type TakenUp } from "./takeUp.ts";

/** Which rollout to play. */
export interface RolloutSpec {
  readonly key: string;
  readonly retry: number;
  readonly cell: Cell;
  readonly seedIndex: number;
  readonly origin: Origin | null;
  readonly task: Task;
  /** What this try has behind it where it was cut off and is taken up again; absent or null: it begins. */
  readonly past?: Past | null;
  /** What a branch begins with; absent or null: it is none, or it was begun already and is taken up. */
  readonly branch?: BranchStart | null;
}

/** A place to play in: fresh, or with (a part of) the past behind it. */
export interface Opened {
  readonly env: Env;
  readonly place: NonNullable<Trajectory["place"]>;
  /** Absent or null: fresh. */
  readonly takenUp?: TakenUp | null;
}

/** What it takes to go on after a cut. */
export interface Resuming {
  /** Whether a tool is run again when a rollout is taken up, or its record is taken. */
  readonly isReplayed: (tool: string) => boolean;
  /** Told once a rollout stands where its record ended. */
  readonly resumed: (how: TakenUp & { replayedCount: number; savedMs: number }) => Promise<void>;
  /** Actions that took longer are followed by a snapshot, milliseconds. */
  readonly snapshotAfterMs: number;
  readonly events: Log;
}

/** What a rollout is played with. */
export interface RolloutParts {
  readonly agent: Agent;
  readonly provider: string;
  /** Makes the sandbox and lays the workspace, or finds one that has (a part of) the past behind it. */
  readonly open: (signal: AbortSignal, past: Past | null) => Promise<Opened>;
  readonly log: StepsLog;
  readonly clock: Clock;
  /** Absent: no snapshots are taken, and nothing is taken up. */
  readonly resuming?: Resuming;
  /** Aborted when the run pauses: the call under way is answered and recorded, then the rollout ends as `cancelled`. */
  readonly pause?: AbortSignal;
  /** Aborted when the run is to stop in good order: the rollout is kept at its next step boundary and stays owed. */
  readonly drain?: AbortSignal;
}

type EpisodeParts = RolloutParts & { env: Env; recorder: Recorder };
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
  given: RolloutParts,
  signal: AbortSignal,
): Promise<Trajectory> {
  const parts = { ...given, clock: steadyClock(given.clock) };
  const better = (score: number, than: number) =>
    signedScore(spec.task.definition, score) > signedScore(spec.task.definition, than);
  const past = spec.past ?? null;
  const recorder = createRecorder(
    { key: spec.key, retry: spec.retry },
    { log: parts.log, clock: parts.clock, better, past, branch: past === null ? spec.branch : null },
  );
  const startedAtMs = past?.startedAtMs ?? parts.clock.now();
  let place: Trajectory["place"] = past?.place ?? null;
  let outcome: Outcome;
  let final: FinalSubmission = { id: null, reason: "the rollout failed" };
  try {
    const opened = await within("sandbox", "opening the sandbox", () => parts.open(signal, past));
    place = opened.place;
    await using env = opened.env;
    const episode = { ...parts, env, recorder };
    const lost = await begin(spec, opened, episode, signal);
    if (lost === null) {
      outcome = await runEpisode(spec, episode, signal);
      if (!(await env.probe()))
        throw new BoundaryError("sandbox", "the sandbox died before its submission could be read");
      final = await finalSubmission(env, outcome, signal);
    } else {
      outcome = { kind: "interrupted" };
      final = { id: null, reason: `the rollout was cut off and could not be taken up: ${lost}` };
    }
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
    // An earlier session may have had a later date.
    endedAtMs: Math.max(startedAtMs, parts.clock.now()),
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

/** Opens the record, or takes it up where it ended. Returns what stands in the way of going on, in a sentence; null where nothing does. */
async function begin(
  spec: RolloutSpec,
  { place, takenUp }: Opened,
  { agent, env, recorder, resuming }: EpisodeParts,
  signal: AbortSignal,
): Promise<string | null> {
  const { past, branch } = spec;
  const first = await env.reset({ actionScope: `${spec.key.slice(0, 16)}/${spec.retry}` }, signal);
  if (!past && branch) {
    if (!resuming) throw new Error("a branch was given nothing to replay its past with");
    // The sandbox is fresh: all that the parent did is carried out again and held against the record.
    const behind = pastOfBranch(branch, { startedAtMs: 0, place });
    const begun = await catchUp(env, behind, NOTHING_SEEN, resuming.isReplayed, signal);
    if ("difference" in begun) return begun.difference;
    await recorder.openBranch(place);
    return null;
  }
  if (!past) {
    await recorder.open(agent.opening(first, { stepsMax: spec.cell.limits.steps }), place);
    return null;
  }
  if (!takenUp || !resuming)
    throw new Error("a rollout with a past was given a place that knows nothing of it");
  const caughtUp = await catchUp(env, past, takenUp, resuming.isReplayed, signal);
  if ("difference" in caughtUp) return caughtUp.difference;
  await recorder.reopen(place);
  await resuming.resumed({ ...takenUp, ...caughtUp });
  return null;
}

const NOTHING_SEEN: TakenUp = { how: "restored", seenCount: 0 };

/** The heart: decide, act, observe, until something ends it. What the record holds of the last step is not done again. */
async function runEpisode(spec: RolloutSpec, parts: EpisodeParts, signal: AbortSignal): Promise<Outcome> {
  const { agent, recorder, clock } = parts;
  const { limits } = spec.cell;
  let open = leftOver(recorder);
  for (let step = open?.step ?? recorder.steps.length; ; step++) {
    if (open === null) {
      if (parts.pause?.aborted) return CANCELLED;
      if (parts.drain?.aborted) {
        await keepLast(parts, signal);
        throw new DrainedError();
      }
      const startedAtMs = clock.now();
      const view = { step, stepsMax: limits.steps, pool: recorder.pool, last: recorder.last() };
      const decision = await decide(agent, view, signal).catch(async (error: unknown) => {
        // Its call waited for an endpoint when the run was told to stop.
        if (!(error instanceof DrainedError)) throw error;
        if (parts.pause?.aborted) return CANCELLED;
        await keepLast(parts, signal);
        throw error;
      });
      if ("kind" in decision) return decision;
      await recorder.reply(decision, startedAtMs);
      const { calls, formatError } = decision;
      const sumsUp = decision.summaryOf !== undefined;
      open = { step, calls, doneCount: 0, formatError: formatError?.error ?? null, sumsUp };
    }
    const outcome = await carryOut(spec, open, parts, signal);
    if (outcome !== null) return outcome;
    open = null;
  }
}

const CANCELLED = { kind: "cancelled" } as const;

/** A step whose reply is recorded, and how many of its calls have been answered. */
interface OpenStep {
  readonly step: number;
  readonly calls: readonly Call[];
  readonly doneCount: number;
  readonly formatError: string | null;
  /** It asks for nothing and is answered by nothing: the next prompt is built from it. */
  readonly sumsUp: boolean;
}

/** Lets the environment do what a reply asks for, call by call, and tells the agent what came of it; or what was wrong with its form. */
async function carryOut(
  { cell: { limits } }: RolloutSpec,
  { step, calls, doneCount, formatError, sumsUp }: OpenStep,
  parts: EpisodeParts,
  signal: AbortSignal,
): Promise<Outcome | null> {
  const { agent, env, recorder } = parts;
  const budget = { step: step + 1, stepsMax: limits.steps };
  for (const [position, call] of calls.entries()) {
    if (position < doneCount) continue;
    const result = await act(call, recorder.state(), env, signal);
    const seen = result.observation;
    // All calls of a reply belong to its step: limits end the episode after the last of them.
    const isLast = position === calls.length - 1;
    const outcome = result.ending ?? (isLast ? limitOutcome(limits, recorder) : null);
    await recorder.observe(position, result, outcome === null ? agent.observe(call, seen, budget) : null);
    if (outcome !== null) return outcome;
    if (isWorthKeeping(result, parts.resuming)) await keep({ step, action: position }, parts, signal);
  }
  if (calls.length > 0) return null;
  const outcome = limitOutcome(limits, recorder);
  if (outcome !== null || sumsUp) return outcome;
  await recorder.complain(agent.complain(formatError ?? "It asks for nothing."));
  return outcome;
}

/** The last step of a record, where something of it is still to be done. */
function leftOver({ steps }: Pick<Recorder, "steps">): OpenStep | null {
  const last = steps.at(-1);
  if (last === undefined) return null;
  const { index, actions, formatError } = last;
  const sumsUp = last.purpose === "summary";
  const doneCount = actions.filter(({ result }) => result !== null).length;
  const isDone = actions.length === 0 ? last.complaint !== null : doneCount === actions.length;
  return isDone ? null : { step: index, calls: actions.map(callOf), doneCount, formatError, sumsUp };
}

/** A recorded action as the call that it was. */
function callOf({ tool, text, callId, error, arguments: args }: StepAction): Call {
  return error === null
    ? { kind: "action", action: { tool, arguments: args ?? {}, text, callId } }
    : { kind: "unusable", tool, text, callId, error };
}

/** A validation marks a state that counts; a long action is one that nobody wants to wait for twice. */
function isWorthKeeping({ info }: StepResult, resuming: Resuming | undefined): boolean {
  return resuming !== undefined && (info.validation !== null || info.durationMs > resuming.snapshotAfterMs);
}

/** Keeps the workspace as the last action left it, where there was one. */
async function keepLast(parts: EpisodeParts, signal: AbortSignal): Promise<void> {
  const last = actionsOf(parts.recorder).at(-1);
  if (last !== undefined) await keep(last, parts, signal);
}

/** Keeps the workspace as it is. Going on without a snapshot is better than not going on. */
async function keep(place: ActionPlace, { env, recorder, resuming }: EpisodeParts, signal: AbortSignal) {
  if (resuming === undefined) return;
  try {
    await recorder.keep(place, await env.snapshot(signal));
  } catch (error) {
    if (signal.aborted || !(error instanceof BoundaryError)) throw error;
    resuming.events.warn("snapshot-not-taken", { error: errorText(error) });
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
    if (error instanceof BudgetExceededError || error instanceof DrainedError) throw error;
    return within("agent", "deciding", () => Promise.reject(error));
  }
}

/** Lets the environment act; a call that cannot be carried out is answered without touching it. */
async function act(
  call: Call,
  state: Observation["state"],
  env: Env,
  signal: AbortSignal,
): Promise<StepResult> {
  if (call.kind === "unusable") return { ...UNCHANGED, observation: { state, text: call.error } };
  return within("sandbox", "running the action", () => env.step(call.action, signal));
}

const UNCHANGED: Omit<StepResult, "observation"> = {
  reward: null,
  terminated: false,
  truncated: false,
  ending: null,
  info: NOTHING_RUN,
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

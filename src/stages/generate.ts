// Generate: one admitted rollout, played until it ends or infrastructure has failed too often. Each try and its price is in the ledger.
import type { Amount } from "../core/budget.ts";
import { errorText } from "../core/errors.ts";
import type { Archive } from "../core/journal.ts";
import type { Ledger, RolloutFacts } from "../core/ledger.ts";
import { type Outcome, outcomeText } from "../core/outcome.ts";
import type { Past } from "../core/past.ts";
import type { Clock } from "../core/runtime.ts";
import type { Trajectory } from "../core/trajectory.ts";
import { totalUsage, validatedOf } from "../rollout/recorder.ts";
import type { RolloutSpec } from "../rollout/rollout.ts";

export type { RolloutSpec } from "../rollout/rollout.ts";

/** One try of a rollout, and what its budget was charged for it. */
export interface PlayedTry {
  readonly trajectory: Trajectory;
  readonly charged: Amount;
}

/** What a try that is taken up again had come to before. */
export interface Prior {
  /** Charged for it so far, lost calls included. */
  readonly charged: Amount;
  /** Calls that a crash left without a reply, at what they may have cost at most. */
  readonly lostCallCount: number;
  readonly lost: Amount;
  /** Why it was cut off, in one line. */
  readonly reason: string;
}

/** Before a rollout is taken up or begun again; doubled with each failure. What broke often needs a moment to mend. */
const PAUSE_MS_FIRST = 250;
const PAUSE_MS_MAX = 30_000;

const NOTHING: Amount = { usd: 0, tokens: 0 };
const NO_PRIOR: Prior = { charged: NOTHING, lostCallCount: 0, lost: NOTHING, reason: "" };

export interface GenerateDeps {
  readonly ledger: Ledger;
  readonly archive: Archive;
  readonly clock: Clock;
  /** Plays one try, or goes on with it; composed of agent, environment and sandbox. */
  readonly play: (spec: RolloutSpec, prior: Prior, signal: AbortSignal) => Promise<PlayedTry>;
  /** What the record holds of a try that is to be taken up where it was cut off; null: it is begun. */
  readonly pastOf: (key: string, retry: number) => Promise<Past | null>;
  /** Times a rollout is taken up or run again because infrastructure failed. */
  readonly retriesMax: number;
  /** Aborted when the run pauses or drains: no try is begun any more. */
  readonly hold: AbortSignal;
}

/**
 * Plays a rollout from the given retry number on, and seals its trajectory before the ledger says that it ended. What infrastructure cut off
 * after its first step is taken up in the same try, so that nothing is paid for twice; what had not begun is a new try. `prior` is what an
 * earlier session's try had come to. Contract: throws only what stops the run (abort, pause, drain, budget, store); the rollout is then owed.
 */
export async function generateRollout(
  spec: RolloutSpec,
  deps: GenerateDeps,
  signal: AbortSignal,
  prior: Prior = NO_PRIOR,
): Promise<void> {
  const { ledger, clock } = deps;
  let { retry } = spec;
  for (let failures = 0; ; ) {
    deps.hold.throwIfAborted();
    const past = await deps.pastOf(spec.key, retry);
    if (past === null)
      await ledger.append({ kind: "rollout-started", atMs: clock.now(), key: spec.key, retry });
    const { trajectory, charged } = await deps.play(
      { ...spec, retry, past },
      past ? prior : NO_PRIOR,
      signal,
    );
    const facts = factsOf(trajectory, charged);
    const { outcome } = trajectory;
    if (outcome.kind === "failed" && !outcome.permanent && failures < deps.retriesMax) {
      failures += 1;
      const reason = failureText(outcome);
      const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_FIRST * 2 ** (failures - 1));
      await clock.sleep(pauseMs, AbortSignal.any([signal, deps.hold]));
      // Where nothing is kept that it could go on from, it is begun again under a number of its own.
      if (trajectory.steps.length > 0 && (await deps.pastOf(spec.key, retry)) !== null) {
        prior = { ...(past ? prior : NO_PRIOR), charged, reason };
        continue;
      }
      await ledger.append({
        kind: "rollout-retried",
        atMs: clock.now(),
        key: spec.key,
        retry,
        reason,
        ...costOfEnded(facts),
      });
      retry += 1;
      continue;
    }
    const archive = await deps.archive.append(trajectory);
    const { key } = trajectory;
    // The hours between two sessions were no time of the rollout: forecasts go by these facts.
    const playedMs = past === null ? null : (await deps.pastOf(key, retry))?.playedMs;
    const ended = { ...facts, wallMs: playedMs ?? facts.wallMs };
    await ledger.append({
      kind: "rollout-ended",
      ...{ atMs: clock.now(), key, retry, outcome, archive, facts: ended },
    });
    return;
  }
}

/** Why a try was given up, in one line. */
export function failureText(outcome: Outcome): string {
  return outcome.kind === "failed"
    ? `${outcomeText(outcome)} ${errorText(outcome.error)}`
    : outcomeText(outcome);
}

/** What an ended try had cost, as the retry that follows it books it. */
export function costOfEnded(facts: RolloutFacts) {
  return {
    spentUsd: facts.chargedUsd,
    spentTokens: facts.chargedTokens,
    lostCallCount: 0,
    stepCount: facts.stepCount,
  };
}

/** The numbers of a trajectory that verdicts, budgets and progress need. Times are volatile; all else is a function of what happened. */
export function factsOf(trajectory: Trajectory, charged: Amount): RolloutFacts {
  const { steps } = trajectory;
  const actions = steps.flatMap((step) => step.actions);
  const costs = steps.map((step) => step.reply.costUsd);
  return {
    stepCount: steps.length,
    formatErrorCount: steps.filter((step) => step.formatError !== null).length,
    toolErrorCount: actions.filter(({ error, result }) => error === null && result?.ok === false).length,
    validationCount: actions.filter(({ result }) => result?.validation).length,
    usage: totalUsage(steps),
    costUsd: costs.every((cost) => cost !== null) ? costs.reduce((sum, cost) => sum + cost, 0) : null,
    chargedUsd: charged.usd,
    chargedTokens: charged.tokens,
    wallMs: trajectory.endedAtMs - trajectory.startedAtMs,
    modelMs: steps.reduce((sum, step) => sum + step.reply.latencyMs, 0),
    toolMs: actions.reduce((sum, { result }) => sum + (result?.durationMs ?? 0), 0),
    finalSubmission: trajectory.finalSubmission,
    finalReason: trajectory.finalReason,
    bestValidated: trajectory.bestValidated,
    lastValidated: validatedOf(steps).at(-1) ?? null,
    validated: [...new Set(validatedOf(steps).map(({ submission }) => submission))],
  };
}

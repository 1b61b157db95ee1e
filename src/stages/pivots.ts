// Which steps of finished rollouts are worth another try: after a new best validation, where a turn went wrong, and where rollouts
// that were given the same prompt did different things. Pure: nothing is asked of a model to choose.
import { isTakenOver } from "../core/branch.ts";
import { isEpisodeEnd } from "../core/outcome.ts";
import type { StepRecord, Trajectory } from "../core/trajectory.ts";

/** Why a step is opened again; the first that fits is the one recorded. */
export const PIVOT_REASONS = ["newBest", "error", "disagreement"] as const;
export type PivotReason = (typeof PIVOT_REASONS)[number];

export interface Pivot {
  readonly parentKey: string;
  readonly step: number;
  readonly reason: PivotReason;
  /** The prompt that all alternatives are given. */
  readonly promptSha256: string;
}

/** What a choice looks at of a rollout. */
export type PivotParent = Pick<Trajectory, "key" | "steps" | "outcome" | "origin">;

export interface PivotRules {
  readonly reasons: readonly PivotReason[];
  /** Most pivots in all. */
  readonly max: number;
  /** Whether a validation score is better than another, in the direction of the parent's task. */
  readonly better: (parent: PivotParent, score: number, than: number) => boolean;
}

/**
 * Chooses at most `max` pivots. Rollouts take turns in the order of their keys, each with its earliest step first, so that a bound cuts
 * off late steps of all and not all steps of some. A prompt is opened once, however many rollouts had it. Not looked at: rollouts that
 * did not end by themselves or by a limit, calls that sum up, and what a branch took over from its own parent.
 */
export function choosePivots(parents: readonly PivotParent[], rules: PivotRules): readonly Pivot[] {
  const ended = parents
    .filter(({ outcome }) => isEpisodeEnd(outcome))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const reasons = PIVOT_REASONS.filter((reason) => rules.reasons.includes(reason));
  const disputed = reasons.includes("disagreement") ? disputedPrompts(ended) : new Set<string>();
  const queues = ended.map((parent) => pivotsOf(parent, reasons, disputed, rules));
  const chosen = new Map<string, Pivot>();
  const longest = queues.reduce((most, { length }) => Math.max(most, length), 0);
  for (let turn = 0; turn < longest; turn++) {
    for (const queue of queues) {
      const pivot = queue[turn];
      if (pivot === undefined || chosen.has(pivot.promptSha256)) continue;
      if (chosen.size >= rules.max) return [...chosen.values()];
      chosen.set(pivot.promptSha256, pivot);
    }
  }
  return [...chosen.values()];
}

function pivotsOf(
  parent: PivotParent,
  reasons: readonly PivotReason[],
  disputed: ReadonlySet<string>,
  { better }: PivotRules,
): readonly Pivot[] {
  const fits: Readonly<Record<PivotReason, (step: StepRecord) => boolean>> = {
    newBest: isAfterNewBest(parent, better),
    error: isError,
    disagreement: ({ promptSha256 }) => disputed.has(promptSha256),
  };
  return ownSteps(parent).flatMap((step) => {
    const reason = reasons.find((one) => fits[one](step));
    if (reason === undefined) return [];
    return [{ parentKey: parent.key, step: step.index, reason, promptSha256: step.promptSha256 }];
  });
}

/** The steps that a rollout chose an action in, itself. */
function ownSteps({ steps, origin }: PivotParent): readonly StepRecord[] {
  return steps.filter(({ index, purpose }) => purpose === undefined && !isTakenOver(origin, index));
}

/** Of each validation that beat all before it, the next step that acts. */
function isAfterNewBest(parent: PivotParent, better: PivotRules["better"]): (step: StepRecord) => boolean {
  const after = new Set<number>();
  let best: number | null = null;
  let isNew = false;
  for (const { index, purpose, actions } of parent.steps) {
    if (isNew && purpose === undefined) {
      after.add(index);
      isNew = false;
    }
    for (const { result } of actions) {
      const score = result?.validation?.score ?? null;
      if (score === null || (best !== null && !better(parent, score, best))) continue;
      best = score;
      isNew = true;
    }
  }
  return ({ index }) => after.has(index);
}

/** A turn that went wrong: its reply was of the wrong form, or something that it asked for failed. */
function isError({ formatError, actions }: StepRecord): boolean {
  return formatError !== null || actions.some(({ error, result }) => error !== null || result?.ok === false);
}

/** Prompts to which at least two rollouts said different things. */
function disputedPrompts(parents: readonly PivotParent[]): ReadonlySet<string> {
  const first = new Map<string, string>();
  const disputed = new Set<string>();
  for (const parent of parents) {
    for (const { promptSha256, actions } of ownSteps(parent)) {
      const done = JSON.stringify(actions.map(({ tool, text }) => [tool, text.trim()]));
      const known = first.get(promptSha256);
      if (known === undefined) first.set(promptSha256, done);
      else if (known !== done) disputed.add(promptSha256);
    }
  }
  return disputed;
}

// Which rollouts a rerun is about: those that infrastructure failed, by class, task, model and key. Pure; it never picks a judged one.
import { LOST } from "../core/books.ts";
import { UserError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { isEpisodeEnd, OUTCOME_TEXTS, outcomeText } from "../core/outcome.ts";
import type { RolloutState, RunState } from "../core/runState.ts";
import type { Plan, PlannedCell } from "./plan.ts";

const KEYS = ["class", "task", "model", "key"] as const;
/** What a rollout can have come to, for `class`. */
const CLASSES = [...OUTCOME_TEXTS, LOST];
/** Conditions that must all hold; what is absent holds for any. */
export type Where = Readonly<Partial<Record<(typeof KEYS)[number], string>>>;

/** Reads `class=failed:sandbox,task=3-sat`. Throws UserError with the part that is wrong. */
export function parseWhere(text: string): Where {
  const where: Partial<Record<(typeof KEYS)[number], string>> = {};
  for (const part of text.split(",").filter((piece) => piece.trim() !== "")) {
    const [name = "", value = ""] = part.split("=", 2).map((half) => half.trim());
    const key = KEYS.find((known) => known === name);
    if (key === undefined || value === "" || part.split("=").length !== 2) {
      throw new UserError(
        `--where ${part.trim()}: must be name=value with one of ${KEYS.join(", ")}, such as class=failed:sandbox`,
      );
    }
    if (where[key] !== undefined)
      throw new UserError(`--where ${part.trim()}: ${key} is given twice; take one out`);
    if (key === "class" && !CLASSES.includes(value) && !value.startsWith("stopped:")) {
      throw new UserError(`--where ${part.trim()}: no rollout ends so; ${suggestion(value, CLASSES)}`);
    }
    where[key] = value;
  }
  return where;
}

export interface Chosen {
  readonly rollout: RolloutState;
  readonly planned: PlannedCell;
}

/**
 * The failed rollouts that match (and those whose record is lost), in order of admission. Throws UserError where only rollouts match whose episode came to its own end:
 * playing those again would choose data by its score; more seeds are the honest way to more data.
 */
export function chooseFailed(
  plan: Plan,
  state: RunState,
  where: Where,
  directory: string,
): readonly Chosen[] {
  const cells = new Map(plan.cells.map((cell) => [cell.id, cell]));
  for (const [name, known] of [
    ["task", plan.cells.map(({ cell }) => cell.taskId)],
    ["model", plan.cells.map(({ model }) => model.name)],
  ] as const) {
    const given = where[name];
    if (given !== undefined && !known.includes(given)) {
      throw new UserError(
        `--where ${name}=${given}: this run has no such ${name}; ${suggestion(given, [...new Set(known)])}`,
      );
    }
  }
  const matching = [...state.rollouts.values()].flatMap((rollout): Chosen[] => {
    const planned = cells.get(rollout.cell);
    const { outcome, key } = rollout;
    if (planned === undefined || outcome === null) return [];
    const isOfClass =
      where.class === undefined
        ? isFailed(state, rollout)
        : where.class === LOST
          ? state.lost.has(key)
          : where.class === outcome.kind || where.class === outcomeText(outcome);
    const isMatch =
      isOfClass &&
      (where.task === undefined || where.task === planned.cell.taskId) &&
      (where.model === undefined || where.model === planned.model.name) &&
      (where.key === undefined || key.startsWith(where.key));
    return isMatch ? [{ rollout, planned }] : [];
  });
  const failed = matching.filter(({ rollout }) => isFailed(state, rollout));
  const judgedCount = matching.length - failed.length;
  if (judgedCount > 0 || isJudgedKey(state, where)) {
    throw new UserError(
      `a rollout that was judged is never played again; for more data ask for more seeds: ` +
        `nightshift resume ${directory} --set rollouts.perCell=${moreSeeds(plan, Math.max(1, judgedCount))}`,
    );
  }
  return failed;
}

/** Infrastructure cut it off, or its record is lost: it may be played again. */
function isFailed({ lost }: RunState, { key, outcome }: RolloutState): boolean {
  return outcome !== null && (!isEpisodeEnd(outcome) || lost.has(key));
}

/** One key was asked for, and its episode had come to its own end. */
function isJudgedKey(state: RunState, where: Where): boolean {
  const start = where.key;
  if (start === undefined || where.class !== undefined) return false;
  const found = [...state.rollouts.values()].filter(({ key }) => key.startsWith(start));
  return found.length > 0 && found.every((rollout) => rollout.outcome !== null && !isFailed(state, rollout));
}

/** Seeds of a cell with at least `count` more over all cells, in whole groups. */
function moreSeeds(plan: Plan, count: number): number {
  const { perCell, groupSize } = plan.pipeline.rollouts;
  const wanted = perCell + Math.ceil(count / plan.cells.length);
  return Math.ceil(wanted / groupSize) * groupSize;
}

// The names of tasks: a folder's, or one of a family's instances by its seed. Ranges of instances are written out here.
import { UserError } from "../../core/errors.ts";

const NAME = /^([a-z0-9]+(?:-[a-z0-9]+)*)(?:\/(0|[1-9]\d{0,8})(?:\.\.(0|[1-9]\d{0,8}))?)?$/;
/** Most instances that one range may name. */
export const INSTANCES_MAX = 10_000;

export interface TaskName {
  /** The task's or the family's folder. */
  readonly folder: string;
  /** The instance's seed; null for a task that is a folder of its own. */
  readonly seed: number | null;
}

/** Whether a text can name tasks: `id`, `family/seed` or `family/first..last`. */
export function isTaskName(text: string): boolean {
  return NAME.test(text);
}

/** A name without a range; null where it is none. */
export function parseTaskName(text: string): TaskName | null {
  const [, folder, seed, last] = NAME.exec(text) ?? [];
  if (folder === undefined || last !== undefined) return null;
  return { folder, seed: seed === undefined ? null : Number(seed) };
}

/** Every task that the names stand for, in order. Throws a UserError on a range that is backwards or too long, and on a task twice. */
export function writtenOut(names: readonly string[]): readonly string[] {
  const ids: string[] = [];
  for (const name of names) {
    const [, folder, first, last] = NAME.exec(name) ?? [];
    if (folder === undefined || first === undefined || last === undefined) {
      ids.push(name);
      continue;
    }
    const from = Number(first);
    const to = Number(last);
    if (to < from) throw new UserError(`${name}: the range is backwards; write ${folder}/${to}..${from}`);
    if (to - from >= INSTANCES_MAX) {
      throw new UserError(`${name}: ${to - from + 1} instances; one range has at most ${INSTANCES_MAX}`);
    }
    for (let seed = from; seed <= to; seed++) ids.push(`${folder}/${seed}`);
  }
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw new UserError(`the task ${id} is named twice; take one out`);
    seen.add(id);
  }
  return ids;
}

// The names of tasks: a folder's, or one of a family's instances by its seed. Ranges of instances are written out here.
import { UserError } from "../../core/errors.ts";

const NAME = /^([a-z0-9]+(?:-[a-z0-9]+)*)(?:\/(0|[1-9]\d{0,8})(?:\.\.(0|[1-9]\d{0,8}))?)?$/;
/** Most tasks that one list may name, its ranges written out. */
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

/** Every task that the names stand for, in order. Throws a UserError where namesFault finds something. */
export function writtenOut(names: readonly string[]): readonly string[] {
  const fault = namesFault(names);
  if (fault !== null) throw new UserError(`${names[fault.index]}: ${fault.text}`);
  return names.flatMap(idsOf);
}

/** What is wrong with a list of names, and at which: a range backwards, a task named twice, too many in all. Null where nothing is. */
export function namesFault(
  names: readonly string[],
): { readonly index: number; readonly text: string } | null {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    const [, folder, first, last] = NAME.exec(name) ?? [];
    const length = last === undefined ? 1 : Number(last) - Number(first) + 1;
    if (length < 1) return { index, text: `the range is backwards; write ${folder}/${last}..${first}` };
    if (seen.size + length > INSTANCES_MAX) {
      return {
        index,
        text: `${seen.size + length} tasks with those before; a list has at most ${INSTANCES_MAX}`,
      };
    }
    for (const id of idsOf(name)) {
      if (seen.has(id)) return { index, text: `the task ${id} is named a second time; take one out` };
      seen.add(id);
    }
  }
  return null;
}

/** The folders that the names stand in, each once: where data is concerned an instance is its family. */
export function foldersOf(ids: readonly string[]): readonly string[] {
  return [...new Set(ids.map((id) => parseTaskName(id)?.folder ?? id))];
}

function idsOf(name: string): readonly string[] {
  const [, folder, first, last] = NAME.exec(name) ?? [];
  if (last === undefined) return [name];
  const from = Number(first);
  return Array.from({ length: Number(last) - from + 1 }, (_, index) => `${folder}/${from + index}`);
}

// What a habit is: looks at the situation and either makes the next move or leaves it to the next habit.
import type { Prng } from "../../../core/prng.ts";
import type { Family } from "../families/family.ts";
import { type Notebook, quality, type Version } from "../notebook.ts";
import type { Persona } from "../persona.ts";

export interface Situation {
  readonly notes: Notebook;
  readonly persona: Persona;
  readonly family: Family;
  /** Random numbers of this step alone. */
  readonly draw: Prng;
}

export interface Move {
  /** What the move is for, in one word: recorded with the reply. */
  readonly phase: string;
  readonly thought: string;
  readonly command: string;
}

export type Habit = (situation: Situation) => Move | null;

/** The measuring command as this persona runs it. */
export function measureCommand({ notes, persona }: Situation): string | null {
  const { measure } = notes.brief;
  return measure === null || persona.wholeErrors ? measure : `${measure} 2>&1 | tail -n 2`;
}

/** A version's score in words. */
export function scoreText({ validated, measured }: Version): string | null {
  const score = validated ?? measured;
  return score === null ? null : String(score);
}

/** A version's gain over the baseline in the metric's direction; null where one of them is not known. */
export function gainOf(version: Version, { brief }: Notebook): number | null {
  const value = quality(version, brief.higherIsBetter);
  if (value === null || brief.baseline === null) return null;
  return value - (brief.higherIsBetter ? brief.baseline : -brief.baseline);
}

/** Position of the last turn whose command passes a test; -1 where none does. */
export function lastTurn({ turns }: Notebook, test: (command: string) => boolean): number {
  return turns.findLastIndex(({ command }) => command !== null && test(command));
}

/** True where a run makes what is handed in, and the last run was of another version than the one in place. */
export function isStale({ notes }: Situation): boolean {
  const { brief, lastChange } = notes;
  const { measure, submission, workFile } = brief;
  if (measure === null || submission === workFile || lastChange < 0) return false;
  return lastTurn(notes, (command) => command.includes(measure)) < lastChange;
}

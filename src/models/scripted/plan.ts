// The plan: which habits a role has, in the order in which they are asked. The first that has a move makes it.
import { familyOf } from "./families/familyOf.ts";
import { finish, hurry, measureAgain, trace, validate } from "./habits/closing.ts";
import type { Habit, Move } from "./habits/habit.ts";
import { correctPath, orient, reproduce } from "./habits/reading.ts";
import { runStudy, startStudy, useStudy } from "./habits/searching.ts";
import { backUp, experiment, measure, remake, repair, tinker } from "./habits/trying.ts";
import type { Notebook } from "./notebook.ts";
import { drawFor, type Persona, type Role } from "./persona.ts";

const START: readonly Habit[] = [correctPath, orient, reproduce];
const WORK: readonly Habit[] = [
  repair,
  useStudy,
  runStudy,
  measure,
  remake,
  backUp,
  validate,
  startStudy,
  experiment,
];

const HABITS: { readonly [R in Role]: readonly Habit[] } = {
  steady: [hurry, ...START, ...WORK, finish],
  hasty: [hurry, ...START, ...WORK, finish],
  quitter: [hurry, ...START, ...WORK, finish],
  garbler: [hurry, ...START, ...WORK, tinker, measureAgain],
  talker: [...START, trace, ...WORK, tinker, measureAgain],
  tinkerer: [...START, repair, measure, validate, tinker, measureAgain],
};

/** The next move of a persona that knows what is in the notebook; `seed` is the rollout's. */
export function nextMove(notes: Notebook, persona: Persona, seed: number): Move {
  const situation = {
    notes,
    persona,
    family: familyOf(notes),
    draw: drawFor(seed, `step ${notes.turns.length}`),
  };
  for (const habit of HABITS[persona.role]) {
    const move = habit(situation);
    if (move !== null) return move;
  }
  return { phase: "submit", thought: "There is nothing left to do.", command: "submit" };
}

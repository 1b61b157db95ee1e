// The habits of the end: validate, go back to the best version, hand in or give up; and the talker's long outputs.
import { say } from "../words.ts";
import { gainOf, type Habit, lastTurn, measureCommand, scoreText } from "./habit.ts";
import { isBehind, remake, restore } from "./trying.ts";

/** Steps at which a careful persona stops trying. */
const HURRY_STEPS = 2;
/** The gain, as a share of the baseline's size, that keeps a quitter from giving up. */
const CLEAR_GAIN = 0.5;
const isSubmit = (command: string) => command === "submit";

/** With the steps nearly used up: hand in what there is. */
export const hurry: Habit = (situation) => {
  const { notes, persona, draw } = situation;
  const isMade = notes.brief.measure !== null && notes.brief.submission !== notes.brief.workFile;
  const steps = isMade ? HURRY_STEPS + 1 : HURRY_STEPS;
  if (notes.stepsLeft > steps) return null;
  if (notes.stepsLeft === steps && persona.keepsBest && isBehind(situation)) {
    return restore(situation, "restore");
  }
  if (notes.stepsLeft > 1 && persona.keepsBest) {
    const run = remake(situation);
    if (run !== null) return run;
  }
  return { phase: "submit", thought: say("hurry", draw), command: "submit" };
};

/** Asks the judge about a version that looks good. */
export const validate: Habit = ({ notes, persona, draw }) => {
  const { current, best, validationsLeft, versions } = notes;
  if (validationsLeft <= 0 || current.validated !== null || current.error !== null || versions.length === 1)
    return null;
  const known = current.measured !== null || notes.brief.measure === null || persona.role === "hasty";
  if (!known || (current.measured !== null && current !== best) || !draw.chance(persona.validates))
    return null;
  return { phase: "validate", thought: say("validate", draw), command: "validate" };
};

/** The end of the work, a step at a time: the best version in place, validated, handed in. */
export const finish: Habit = (situation) => {
  const { notes, persona, draw } = situation;
  const { current, validationsLeft, versions } = notes;
  const refusedAt = lastTurn(notes, isSubmit);
  if (refusedAt >= 0) {
    const run = notes.brief.measure;
    const retry =
      refusedAt === notes.turns.length - 1 && run !== null && lastTurn(notes, (it) => it === run) < 0;
    if (retry) return { phase: "measure", thought: say("measure", draw), command: run };
    if (refusedAt < notes.turns.length - 1)
      return { phase: "submit", thought: say("submit", draw), command: "submit" };
    return { phase: "forfeit", thought: say("forfeit", draw), command: "forfeit" };
  }
  if (persona.keepsBest && isBehind(situation)) {
    const back = restore(situation, "restore");
    if (back !== null) return back;
  }
  const asked = lastTurn(notes, (command) => command === "validate");
  const unscored = versions.every(({ validated }) => validated === null);
  if (validationsLeft > 0 && unscored && (asked < 0 || asked < notes.lastChange) && draw.chance(0.85)) {
    return { phase: "validate", thought: say("lastValidate", draw), command: "validate" };
  }
  if (persona.role === "quitter" && !clearlyBetter(situation)) {
    return { phase: "forfeit", thought: say("forfeit", draw), command: "forfeit" };
  }
  return {
    phase: "submit",
    thought: say("submit", draw, { current: scoreText(current) }),
    command: "submit",
  };
};

/** Prints every single case, at length. */
export const trace: Habit = ({ notes, family, draw }) =>
  draw.chance(0.65)
    ? { phase: "trace", thought: say("trace", draw), command: family.trace(notes, draw) }
    : null;

/** The last resort of whoever never hands in: another measurement. */
export const measureAgain: Habit = (situation) => {
  const command = measureCommand(situation) ?? "ls";
  return { phase: "measure", thought: say("measure", situation.draw), command };
};

function clearlyBetter({ notes }: Parameters<Habit>[0]): boolean {
  const gain = gainOf(notes.best, notes);
  return gain !== null && gain > CLEAR_GAIN * Math.abs(notes.brief.baseline ?? 0);
}

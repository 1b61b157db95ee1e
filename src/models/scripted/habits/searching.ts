// The habits around a search script: write it, run it, take over what it found.
import { STUDY_FILE } from "../families/study.ts";
import { damaged } from "../slips.ts";
import { say } from "../words.ts";
import { writeWhole } from "../writing.ts";
import { type Habit, lastTurn, type Situation } from "./habit.ts";
import { write } from "./trying.ts";

const FAILED_SEARCHES_MAX = 2;
const RUN = `python3 -B ${STUDY_FILE}`;

/** Takes over what the last search found, once. */
export const useStudy: Habit = (situation) => {
  const { notes, family } = situation;
  const ran = lastTurn(notes, isRun);
  if (ran < 0 || ran < notes.lastChange || ran < lastTurn(notes, isWrite)) return null;
  const next = family.conclude(notes.current, notes.turns[ran]?.observation ?? "");
  if (next === null || (next.kind === "text" && next.text === notes.current.text)) return null;
  return write(situation, next, "studyUse");
};

/** Runs a search script that was written and not run. */
export const runStudy: Habit = ({ notes, persona, draw }) => {
  const written = lastTurn(notes, isWrite);
  if (written < 0 || written < lastTurn(notes, isRun) || written < notes.lastChange) return null;
  const command = persona.wholeErrors ? RUN : `${RUN} 2>&1 | tail -n 4`;
  return { phase: "studyRun", thought: say("studyRun", draw), command };
};

/** Writes a search script around the version in place, if it is the best and runs. */
export const startStudy: Habit = (situation) => {
  const { notes, persona, family, draw } = situation;
  const { current, best } = notes;
  const { done, failed } = searches(situation);
  const ran = lastTurn(notes, isRun);
  if (done >= persona.studies || failed >= FAILED_SEARCHES_MAX) return null;
  if (current !== best || current.measured === null || current.error !== null) return null;
  const again = ran > notes.lastChange;
  if (again && family.conclude(current, notes.turns[ran]?.observation ?? "") !== null) return null;
  const script = family.study(notes, current, persona.skill, draw);
  if (script === null) return null;
  const text = draw.chance(persona.carelessness) ? damaged(script, draw) : script;
  return {
    phase: "studyWrite",
    thought: say(again ? "studyAgain" : "studyWrite", draw, { file: STUDY_FILE }),
    command: writeWhole(STUDY_FILE, text),
  };
};

/** Searches that ended well, and those that did not. */
function searches({ notes }: Situation): { readonly done: number; readonly failed: number } {
  const runs = notes.turns.filter(({ command }) => command !== null && isRun(command));
  const done = runs.filter(({ observation }) => /^best -?\d/m.test(observation)).length;
  return { done, failed: runs.length - done };
}

function isRun(command: string): boolean {
  return command.includes(RUN);
}

function isWrite(command: string): boolean {
  return command.startsWith(`cat > ${STUDY_FILE} `);
}

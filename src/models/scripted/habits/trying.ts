// The habits of the middle: write a version, measure it, repair it, keep it or go back.
import type { Change } from "../families/family.ts";
import { quality, type Version } from "../notebook.ts";
import { damaged } from "../slips.ts";
import { say, type Topic } from "../words.ts";
import { changeConstant, editLines, writeWhole } from "../writing.ts";
import {
  gainOf,
  type Habit,
  isStale,
  type Move,
  measureCommand,
  type Situation,
  scoreText,
} from "./habit.ts";
import { baselineText } from "./reading.ts";

/** Repairs what the last run showed to be broken, or leaves it. */
export const repair: Habit = (situation) => {
  const { notes, persona, family, draw } = situation;
  const { current, brief } = notes;
  if (current.error === null || current.text === null) return null;
  const facts = { error: current.error, file: brief.workFile };
  const clean = family.repair(current.text);
  if (clean === null || clean === current.text) {
    const back = restore(situation, "giveUpVersion");
    return back ?? newIdea(situation);
  }
  if (persona.editor && notes.openFile !== brief.workFile) {
    return { phase: "repair", thought: say("openToEdit", draw, facts), command: `open ${brief.workFile}` };
  }
  const command = persona.editor
    ? editLines(current.text, clean, draw.chance(persona.carelessness / 2), draw)
    : writeWhole(brief.workFile, clean);
  return { phase: "repair", thought: say("repair", draw, facts), command };
};

/** Measures a version that was not measured. */
export const measure: Habit = (situation) => {
  const { notes, persona, draw } = situation;
  const command = measureCommand(situation);
  if (command === null || notes.current.measured !== null || notes.current.error !== null) return null;
  if (notes.versions.length === 1 || draw.chance(persona.role === "hasty" ? 0.4 : 0.05)) return null;
  return { phase: "measure", thought: say("measure", draw, { baseline: baselineText(situation) }), command };
};

/** Runs a version again that was brought back: what would be handed in is still that of another one. */
export const remake: Habit = (situation) => {
  const { notes, draw } = situation;
  const command = measureCommand(situation);
  if (command === null || notes.current.measured === null || !isStale(situation)) return null;
  return { phase: "remake", thought: say("remake", draw), command };
};

/** Copies the best version aside; the starter too where versions are made by commands alone. */
export const backUp: Habit = ({ notes, persona, family, draw }) => {
  const { current, best, brief, files, versions } = notes;
  const only = family.byCommands;
  const wanted = only ? current === best : persona.backsUp && current === best && current.measured !== null;
  if (!wanted || current.text === null || current.error !== null || (!only && versions.length === 1))
    return null;
  if ([...files].some(([path, text]) => path !== brief.workFile && text === current.text)) return null;
  const prefix = versions.length === 1 ? "original" : "best";
  return {
    phase: "backUp",
    thought: say("backUp", draw),
    command: `cp ${brief.workFile} ${prefix}_${brief.workFile.replaceAll("/", "_")}`,
  };
};

/** The next version, while there are ideas left: a change of the best one, or something new. */
export const experiment: Habit = (situation) => {
  const { notes, persona, draw } = situation;
  const tried = notes.versions.filter(({ error }) => error === null).length - 1;
  if (tried >= persona.experiments) return null;
  const gain = gainOf(notes.best, notes);
  const promising = notes.best !== notes.versions[0] && gain !== null && gain > 0;
  return promising && draw.chance(0.35 + 0.5 * persona.skill)
    ? change(situation, notes.best)
    : newIdea(situation);
};

/** Small changes without end, of whatever stands there. */
export const tinker: Habit = (situation) => {
  const { notes, persona, family, draw } = situation;
  const next = family.refine(notes, notes.current, persona.skill, draw);
  return next === null ? null : write(situation, next, "tinker");
};

/** Back to the best version, by a copy or by writing it again; null where it stands there, or cannot be had. */
export function restore({ notes, draw }: Situation, topic: Topic): Move | null {
  const { best, current, brief, files } = notes;
  const { text } = best;
  if (text === null || text === current.text) return null;
  const copy = [...files].find(([path, held]) => path !== brief.workFile && held === text)?.[0];
  if (copy === undefined && text.includes("bytes left out")) return null;
  return {
    phase: "restore",
    thought: say(topic, draw, { best: scoreText(best), error: current.error }),
    command: copy === undefined ? writeWhole(brief.workFile, text) : `cp ${copy} ${brief.workFile}`,
  };
}

/** True where the version in place is not the best known one. */
export function isBehind({ notes }: Situation): boolean {
  const { current, best, brief } = notes;
  const [now, most] = [quality(current, brief.higherIsBetter), quality(best, brief.higherIsBetter)];
  return most !== null && (now === null || now < most);
}

/** Writes a change into the work file in one of several manners, now and then with a slip. */
export function write(situation: Situation, next: Change, topic: Topic): Move {
  const { notes, persona, draw } = situation;
  const { brief, current, best } = notes;
  const thought = say(topic, draw, { note: next.note, best: scoreText(best), file: brief.workFile });
  const phase = topic;
  if (next.kind === "command") return { phase, thought, command: next.command };
  const text = draw.chance(persona.carelessness) ? damaged(next.text, draw) : next.text;
  const run = measureCommand(situation);
  if (persona.role === "hasty" && run !== null && draw.chance(0.6)) {
    const quick = say("writeAndMeasure", draw, { note: next.note });
    return { phase, thought: quick, command: writeWhole(brief.workFile, text, run) };
  }
  const before = current.text;
  const one = before === null ? null : changeConstant(brief.workFile, before, text);
  if (one !== null) return { phase, thought, command: one };
  if (before !== null && persona.editor && notes.openFile === brief.workFile) {
    const slipped = draw.chance(persona.carelessness / 2);
    return { phase, thought, command: editLines(before, text, slipped, draw) };
  }
  return { phase, thought, command: writeWhole(brief.workFile, text) };
}

function newIdea(situation: Situation): Move | null {
  const { notes, persona, family, draw } = situation;
  const next = family.propose(notes, persona.skill, draw);
  return next === null ? null : write(situation, next, "idea");
}

function change(situation: Situation, from: Version): Move | null {
  const { notes, persona, family, draw } = situation;
  const next = family.refine(notes, from, persona.skill, draw);
  return next === null ? null : write(situation, next, "refine");
}

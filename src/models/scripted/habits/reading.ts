// The habits of the beginning: look around, read the files, reproduce the baseline.
import { misspelt } from "../slips.ts";
import { say } from "../words.ts";
import { type Habit, lastTurn, type Move, measureCommand, type Situation } from "./habit.ts";

const FILES_READ_MAX = 5;
const TEXT_FILE = /\.(?:py|md|txt|ya?ml|toml|sh)$/;

/** After a path that does not exist: a look at what does. */
export const correctPath: Habit = ({ notes, draw }) => {
  const last = notes.turns.at(-1);
  const missed = /No such file or directory|^There is no file/m.test(last?.observation ?? "");
  if (!missed || last?.command === "ls") return null;
  return { phase: "look", thought: say("readAgain", draw), command: "ls" };
};

/** Reads the files of the workspace, each once, the work file first. */
export const orient: Habit = (situation) => {
  const { notes, persona, draw } = situation;
  const { turns } = notes;
  if (turns.length === 0 && persona.role !== "hasty") {
    return { phase: "look", thought: say("look", draw), command: "ls" };
  }
  if (notes.lastChange >= 0) return null;
  const path = filesToRead(situation).find((file) => lastTurn(notes, readsFile(file)) < 0);
  if (path === undefined) return readWhole(situation);
  const slip = draw.chance(persona.carelessness / 3);
  const shown = slip ? misspelt(path, draw) : path;
  return {
    phase: "read",
    thought: say("read", draw, { file: path }),
    command: readCommand(shown, persona.editor),
  };
};

/** The work file as a whole, once, where the editor's window showed a part of it only. */
function readWhole({ notes, draw }: Situation): Move | null {
  const { brief, files } = notes;
  const opened = lastTurn(notes, (command) => command === `open ${brief.workFile}`);
  const command = `cat ${brief.workFile}`;
  if (opened < 0 || files.has(brief.workFile) || lastTurn(notes, (it) => it === command) >= 0) return null;
  return { phase: "read", thought: say("readRest", draw, { file: brief.workFile }), command };
}

/** Runs the starter as it is. */
export const reproduce: Habit = (situation) => {
  const { notes, persona, draw } = situation;
  const command = measureCommand(situation);
  if (command === null || notes.versions.length > 1 || notes.current.measured !== null) return null;
  if (notes.current.error !== null || (persona.role === "hasty" && draw.chance(0.5))) return null;
  return {
    phase: "baseline",
    thought: say("baseline", draw, { baseline: baselineText(situation) }),
    command,
  };
};

export function baselineText({ notes }: Situation): string | null {
  return notes.brief.baseline === null ? null : String(notes.brief.baseline);
}

function filesToRead({ notes, persona }: Situation): readonly string[] {
  const { brief } = notes;
  const others = brief.files.filter(
    (file) => file !== brief.workFile && !/^explore|best_|original_/.test(file),
  );
  const known = brief.files.includes(brief.workFile) ? [brief.workFile] : [];
  return [...known, ...others].slice(0, persona.role === "hasty" ? 2 : FILES_READ_MAX);
}

function readCommand(path: string, editor: boolean): string {
  if (!TEXT_FILE.test(path)) return `head -n 4 ${path}`;
  return editor ? `open ${path}` : `cat ${path}`;
}

function readsFile(path: string): (command: string) => boolean {
  return (command) => [`cat ${path}`, `open ${path}`, `head -n 4 ${path}`].includes(command);
}

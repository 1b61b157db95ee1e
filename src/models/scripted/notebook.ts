// The agent's notebook: what a conversation so far has shown of the task, the files and the versions tried. Facts, no plans.
import { type Brief, readBrief } from "./brief.ts";
import type { Conversation, Turn } from "./conversation.ts";
import { afterTurn, type BelievedFiles } from "./files.ts";

/** One state of the file that the work is about. */
export interface Version {
  /** Null while the starter was not read. */
  readonly text: string | null;
  /** Score on own data, as last measured; null where not (yet) measured. */
  readonly measured: number | null;
  readonly validated: number | null;
  /** How it failed when it was last run; null where it did not. */
  readonly error: string | null;
}

export interface Notebook {
  readonly brief: Brief;
  readonly turns: readonly Turn[];
  readonly stepsLeft: number;
  readonly files: BelievedFiles;
  /** In the order they were made; the starter first. */
  readonly versions: readonly Version[];
  readonly current: Version;
  /** The best version by validation, else by own measurement; the current one where none was scored. */
  readonly best: Version;
  readonly validationsLeft: number;
  readonly openFile: string | null;
  /** Position of the turn that last changed the work file; -1 before any change. */
  readonly lastChange: number;
}

/** Reads a conversation from its start. */
export function keepNotebook(conversation: Conversation): Notebook {
  const brief = readBrief(conversation.opening);
  const versions: Version[] = [{ text: null, measured: null, validated: null, error: null }];
  let currentIndex = 0;
  let files: BelievedFiles = new Map();
  let openFile: string | null = null;
  let validationsLeft = brief.validationsMax;
  let lastChange = -1;
  for (const [position, turn] of conversation.turns.entries()) {
    files = afterTurn(files, turn, openFile);
    openFile = turn.openFile;
    const text = files.get(brief.workFile) ?? null;
    const wasRead = /^(?:cat (?!>)|open )/.test(turn.command ?? "");
    const index = versionIndex(versions, currentIndex, text, wasRead);
    if (index !== currentIndex) lastChange = position;
    currentIndex = index;
    const version = versions[currentIndex];
    if (version !== undefined) versions[currentIndex] = { ...version, ...findings(brief, turn) };
    validationsLeft = leftAfter(turn, validationsLeft);
  }
  const current = versions[currentIndex] ?? { text: null, measured: null, validated: null, error: null };
  return {
    brief,
    turns: conversation.turns,
    stepsLeft: conversation.stepsMax - conversation.turns.length,
    files,
    versions,
    current,
    best: bestOf(versions, brief.higherIsBetter) ?? current,
    validationsLeft,
    openFile,
    lastChange,
  };
}

/** Signed so that more is better: the validation's score, else the own measurement; null where there is none. */
export function quality(version: Version, higherIsBetter: boolean): number | null {
  const score = version.validated ?? version.measured;
  return score === null || version.error !== null ? null : higherIsBetter ? score : -score;
}

function bestOf(versions: readonly Version[], higherIsBetter: boolean): Version | null {
  let best: { version: Version; value: number } | null = null;
  for (const version of versions) {
    const value = quality(version, higherIsBetter);
    if (value !== null && (best === null || value > best.value)) best = { version, value };
  }
  return best?.version ?? null;
}

/** Position of the version with this text; a text never seen becomes a new version, or the starter's when first read. */
function versionIndex(versions: Version[], current: number, text: string | null, wasRead: boolean): number {
  if (text === null || versions[current]?.text === text) return current;
  const known = versions.findIndex((version) => version.text === text);
  if (known >= 0) return known;
  const starter = versions[0];
  if (wasRead && current === 0 && starter?.text === null) {
    versions[0] = { ...starter, text };
    return 0;
  }
  versions.push({ text, measured: null, validated: null, error: null });
  return versions.length - 1;
}

/** What a turn says of the version that is in place after it. */
function findings(brief: Brief, { command, observation }: Turn): Partial<Version> {
  if (command === null) return {};
  if (/^validate\s*$/.test(command)) return validationFindings(observation);
  if (brief.measure === null || !runsMeasure(command, brief.measure)) return {};
  const failure = /^(?:.*Error\b.*|illegal .*|.*\[exit code [1-9]\d*\].*)$/m;
  const error = observation.split("\n").findLast((line) => failure.test(line) && !line.startsWith("["));
  if (error !== undefined || /\[exit code [1-9]/.test(observation)) {
    return { error: (error ?? "it ended with an error").trim() };
  }
  const ended = /^\[(ended [^\]\n]*)\]/m.exec(observation)?.[1];
  if (ended !== undefined) return { error: ended };
  const measured = measuredScore(observation);
  return measured === null ? {} : { measured, error: null };
}

function validationFindings(observation: string): Partial<Version> {
  const score = /^Score[^:\n]*: (-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)/m.exec(observation)?.[1];
  if (score !== undefined) return { validated: Number(score), error: null };
  const reason = /not valid: ([^\n]*)/.exec(observation)?.[1];
  return reason === undefined ? {} : { error: reason };
}

/** True for the measuring command with or without a seed, a pipe, or a write before it. */
function runsMeasure(command: string, measure: string): boolean {
  return command.split("\n").some((line) => line.includes(measure));
}

/** The number that a program prints as its score: after a word that names one, else the last number it prints. */
function measuredScore(observation: string): number | null {
  const named = [
    ...observation.matchAll(
      /\b(?:mean|score|accuracy|rmse|r2|loss|reward|auc)\b(?:[^\d\n,;-]|-(?!\d)){0,40}(-?\d+(?:\.\d+)?)/gi,
    ),
  ].at(-1);
  const any = [...observation.matchAll(/-?\d+\.\d+/g)].at(-1);
  const found = named?.[1] ?? any?.[0];
  return found === undefined ? null : Number(found);
}

function leftAfter({ command, observation }: Turn, before: number): number {
  if (command === null || !/^validate\s*$/.test(command)) return before;
  if (/validations are used up/.test(observation)) return 0;
  const told = /^Validations left: (\d+)/m.exec(observation)?.[1];
  return told === undefined ? Math.max(0, before - 1) : Number(told);
}

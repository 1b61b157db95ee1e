// Reads the facts out of an observation that MLGym recorded. Sentences are only looked at to tell which kind of ending it was.
import { relocated } from "../importers/mlgym/relocate.ts";
import type { MlgymCommand } from "./commands.ts";
import type { Fact } from "./facts.ts";
import { herePath } from "./paths.ts";

const HEADER = /^\[File: (.*) \((\d+) lines total\)\]$/;
const RANGE = /^\((\d+) more lines (above|below)\)$/;
const NUMBERED = /^(\d+):(.*)$/s;
const LINT = /^- ([A-Z]\d+) (.*)$/;
const NUMBER = /'([^']+)': (-?(?:\d[\d.]*(?:e[-+]?\d+)?|inf|nan))/g;

/** What kind of ending an observation of an editor's command tells of, by the words that mark it. */
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/^File updated\./m, "applied"],
  [/has introduced new syntax error/, "lint"],
  [/^Error: You cannot edit read-only file/m, "readOnly"],
  [/^No file open\./m, "noFile"],
  [/^Malformed edit command\./m, "malformed"],
  [/^(?:File|Directory) .* not found$|^Error: File name .* not found/m, "missing"],
  [/^Usage: /m, "usage"],
  [/^Error: File .* already exists\.$/m, "exists"],
  [/is a directory\. You can only open files/, "directory"],
  [/^The file is larger than \d+ characters/m, "tooLarge"],
  [/^\/bin\/bash: line \d+: .*syntax error|^\/bin\/bash: .*unexpected/m, "syntax"],
  [/^Error: /m, "refused"],
  [/^No matches found/m, "none"],
  [/^Found \d+ matches/m, "found"],
];

/** The facts of one step's observation; null where nothing in it can be compared. */
export function recordedFacts(command: MlgymCommand, observation: string): readonly Fact[] {
  switch (command.kind) {
    case "open":
    case "goto":
    case "scroll":
    case "create":
    case "edit":
    case "insert":
    case "malformed":
      return [
        { class: "outcome", key: "outcome", value: endingOf(observation, "shown") },
        ...windowFacts(observation),
      ];
    case "searchDir":
    case "searchFile":
    case "findFile":
      return [
        { class: "outcome", key: "outcome", value: endingOf(observation, "none") },
        ...matchFacts(observation),
      ];
    case "validate":
      return validationFacts(observation);
    case "submit":
    case "exit":
      return [];
    case "shell":
      return shellFacts(command.command, observation);
    default:
      return command satisfies never;
  }
}

function endingOf(observation: string, otherwise: string): string {
  return ENDINGS.find(([words]) => words.test(observation))?.[1] ?? otherwise;
}

/** Headers, ranges, numbered lines and lint errors; only what follows a header is a numbered line. */
export function windowFacts(observation: string): readonly Fact[] {
  const facts: Fact[] = [];
  let window = -1;
  let isInside = false;
  for (const line of observation.split("\n")) {
    const header = HEADER.exec(line);
    if (header !== null) {
      window += 1;
      isInside = true;
      const value = `${herePath(header[1] ?? "")}, ${header[2]}`;
      facts.push({ class: "header", key: `window ${window}`, value });
      continue;
    }
    const range = RANGE.exec(line);
    if (isInside && range !== null) {
      facts.push({ class: "range", key: `window ${window}, ${range[2]}`, value: range[1] ?? "" });
      isInside = range[2] === "above";
      continue;
    }
    const numbered = NUMBERED.exec(line);
    if (isInside && numbered !== null) {
      facts.push({
        class: "line",
        key: `window ${window}, line ${numbered[1]}`,
        value: relocated(numbered[2] ?? ""),
      });
      continue;
    }
    isInside = false;
    const lint = LINT.exec(line);
    if (lint !== null) {
      const key = lintValue(lint[1] ?? "", lint[2] ?? "");
      if (!facts.some((fact) => fact.class === "lint" && fact.key === key)) {
        facts.push({ class: "lint", key, value: "told" });
      }
    }
  }
  return facts;
}

/** The code, and for an undefined name the name. */
export function lintValue(code: string, message: string): string {
  const name = code === "F821" ? /'([^']+)'/.exec(message)?.[1] : undefined;
  return name === undefined ? code : `${code} ${name}`;
}

function matchFacts(observation: string): readonly Fact[] {
  const facts: Fact[] = [];
  for (const line of observation.split("\n")) {
    const total = /^Found (\d+) matches for ".*" in (.*):$/.exec(line);
    if (total !== null) {
      facts.push({ class: "match", key: "total", value: `${total[1]} in ${herePath(total[2] ?? "")}` });
      continue;
    }
    const inFile = /^(\/.*) \((\d+) matches\)$/.exec(line);
    if (inFile !== null) {
      const file = herePath(inFile[1] ?? "");
      facts.push({ class: "match", key: file, value: inFile[2] ?? "" });
      continue;
    }
    const inLine = /^Line (\d+):(.*)$/.exec(line);
    if (inLine !== null) {
      facts.push({ class: "match", key: `line ${inLine[1]}`, value: relocated(inLine[2] ?? "").trim() });
      continue;
    }
    if (/^\//.test(line)) facts.push({ class: "match", key: herePath(line), value: "found" });
  }
  return facts;
}

function validationFacts(observation: string): readonly Fact[] {
  const scores = /^Evaluation Score: (\{.*\})$/m.exec(observation)?.[1];
  if (scores !== undefined) {
    const baseline = /^Baseline Score: (\{.*\})$/m.exec(observation)?.[1];
    return [
      { class: "outcome", key: "outcome", value: "scored" },
      ...numbersOf(scores).map(([name, value]): Fact => ({ class: "score", key: name, value })),
      ...(baseline === undefined ? [] : numbersOf(baseline)).map(
        ([name, value]): Fact => ({ class: "score", key: `baseline ${name}`, value }),
      ),
    ];
  }
  if (/^Submission artefact not found/m.test(observation)) {
    return [{ class: "outcome", key: "outcome", value: "missing" }];
  }
  const error = lastError(observation);
  return [
    { class: "outcome", key: "outcome", value: "invalid" },
    ...(error === null ? [] : [{ class: "error", key: "error", value: error } as const]),
  ];
}

/** The numbers of a dictionary as Python prints it. */
export function numbersOf(text: string): readonly (readonly [string, string])[] {
  return [...text.matchAll(NUMBER)].map((match) => [match[1] ?? "", match[2] ?? ""]);
}

/** The last line of a traceback: exception and message. */
function lastError(observation: string): string | null {
  const lines = observation.split("\n").filter((line) => /^[A-Z]\w*(?:Error|Exception)\b/.test(line));
  return lines.at(-1)?.trim() ?? null;
}

/** Lines of a shell command; the entries of a folder by name, and by size where it is told. */
export function shellFacts(command: string, output: string): readonly Fact[] {
  const lines = output.split("\n").filter((line) => line !== "");
  if (/^\/bin\/bash: line \d+: .*syntax error/m.test(output)) {
    return [{ class: "outcome", key: "outcome", value: "syntax" }];
  }
  if (/^ls(?:\s|$)/.test(command) && !/[|;&]/.test(command)) {
    return lines.flatMap((line): readonly Fact[] => {
      if (/^total \d+$/.test(line)) return [];
      const long = /^([-dl])\S{9}\S?\s+\d+\s+\S+\s+\S+\s+(\d+)\s+\S+\s+\S+\s+\S+\s(.*)$/.exec(line);
      const name = (long?.[3] ?? line).replace(/[*/@|=]$/, "");
      return [{ class: "listing", key: name, value: long?.[1] === "-" ? `${long[2]} bytes` : "there" }];
    });
  }
  return lines.map((line, index) => ({ class: "output", key: `line ${index + 1}`, value: placeless(line) }));
}

/** A line with MLGym's workspace and ours taken as one. */
function placeless(line: string): string {
  return line.replaceAll(/\/home\/agent\/workspace|\/work(?=[/\s'":),]|$)/g, "~").trimEnd();
}

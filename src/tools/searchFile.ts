// `search_file`: finds a text in one file, the open one where none is named, and lists the lines that hold it.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";
import { outsideText, resolvePath } from "./filePath.ts";
import { refused, said } from "./result.ts";
import {
  type Found,
  LINES_LISTED_MAX,
  leftOutNotes,
  matches,
  parseTwo,
  searchedPath,
  searchedText,
  searchText,
} from "./searchText.ts";
import { numberedLine } from "./window.ts";

const searchArguments = z.strictObject({ text: searchedText, path: searchedPath.optional() });

export const searchFileTool: Tool<typeof searchArguments> = {
  name: "search_file",
  signature: "search_file <text> [<path>]",
  description:
    "Finds a text, taken literally, in a file (left out: the open one) " +
    `and lists up to ${LINES_LISTED_MAX} lines that hold it, each after its number. Put a text with blanks in quotes.`,
  arguments: searchArguments,
  native: {
    description: "Finds a text, taken literally, in a file and lists the lines that hold it.",
    arguments: { text: "The text.", path: "The file; left out: the open one." },
  },
  endMarker: null,
  parseText(rest) {
    const words = parseTwo("search_file", "a file", rest);
    if (typeof words === "string") return words;
    const [text, path] = words;
    return path === undefined ? { text } : { text, path };
  },
  replay: "rerun",
  repeatable: true,
  async run({ text, path: written }, context) {
    const { state } = context;
    const path = written === undefined ? state.openFile : resolvePath(state, written);
    if (path === null) {
      return refused(
        written === undefined
          ? "No file is open. Name one, or use `open <path>` first."
          : outsideText(written),
        state,
      );
    }
    const searched = await searchText(context, text, path);
    if (!("found" in searched)) return searched;
    const { found, result } = searched;
    const refusal = refusalOf(found, path);
    if (refusal !== null) return refused(refusal, state);
    const { exitCode, cpuMs } = result;
    return { ...said(foundText(text, path, found), state), exitCode, cpuMs };
  },
};

function refusalOf({ problem, kind, skippedCount }: Found, path: string): string | null {
  if (problem === "missing") return `There is no file \`${path}\`.`;
  if (kind === "folder") return `\`${path}\` is a folder. Use \`search_dir\` to look into all its files.`;
  if (problem === "notAFile") return `\`${path}\` is not a regular file.`;
  if (problem === "binary") return `\`${path}\` is a binary file. Use \`grep -a\` to look into it.`;
  return skippedCount > 0 ? `\`${path}\` is too large or not readable. Use \`grep\` to look into it.` : null;
}

function foundText(text: string, path: string, found: Found): string {
  const shown = found.files.flatMap(([, , lines]) => lines);
  const left = found.lineCount - shown.length;
  return [
    found.lineCount === 0
      ? `No line of \`${path}\` holds "${text}".`
      : `"${text}" in \`${path}\`: ${matches(found.lineCount)}.`,
    ...shown.map(([number, line]) => numberedLine(number, line)),
    ...(left > 0 ? [`(${left} more; search for something rarer)`] : []),
    ...leftOutNotes(found),
  ].join("\n");
}

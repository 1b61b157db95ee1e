// `search_dir`: finds a text in all files under a folder, and lists the files with how often and where.
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

const searchArguments = z.strictObject({ text: searchedText, folder: searchedPath.optional() });

export const searchDirTool: Tool<typeof searchArguments> = {
  name: "search_dir",
  signature: "search_dir <text> [<folder>]",
  description:
    "Finds a text, taken literally, in all files under a folder (left out: the present one), hidden ones aside, " +
    `and lists each file with its number of lines that hold it, and up to ${LINES_LISTED_MAX} of the lines. Put a text with blanks in quotes.`,
  arguments: searchArguments,
  native: {
    description:
      "Finds a text, taken literally, in all files under a folder, hidden ones aside, and lists the files with the lines that hold it.",
    arguments: { text: "The text.", folder: "The folder; left out: the present one." },
  },
  endMarker: null,
  parseText(rest) {
    const words = parseTwo("search_dir", "a folder", rest);
    if (typeof words === "string") return words;
    const [text, folder] = words;
    return folder === undefined ? { text } : { text, folder };
  },
  replay: "rerun",
  repeatable: true,
  async run({ text, folder: written = "." }, context) {
    const { state } = context;
    const folder = resolvePath(state, written);
    if (folder === null) return refused(outsideText(written), state);
    const searched = await searchText(context, text, folder);
    if (!("found" in searched)) return searched;
    const { found, result } = searched;
    if (found.problem === "missing") return refused(`There is no folder \`${folder}\`.`, state);
    if (found.kind === "file") {
      return refused(`\`${folder}\` is a file. Use \`search_file\` to look into one.`, state);
    }
    const { exitCode, cpuMs } = result;
    return { ...said(foundText(text, folder, found), state), exitCode, cpuMs };
  },
};

function foundText(text: string, folder: string, found: Found): string {
  const where = folder === "." ? "the working folder" : `\`${folder}\``;
  const files = found.fileCount === 1 ? "1 file" : `${found.fileCount} files`;
  const left = found.fileCount - found.files.length;
  const lines = found.files.flatMap(([path, count, shown]) => [
    `${path} (${matches(count)})`,
    ...shown.map(([number, line]) => `  ${numberedLine(number, line)}`),
    ...(shown.length > 0 && shown.length < count ? [`  (${count - shown.length} more)`] : []),
  ]);
  return [
    found.fileCount === 0
      ? `No file in ${where} holds "${text}".`
      : `"${text}" in ${where}: ${matches(found.lineCount)} in ${files}.`,
    ...lines,
    ...(left > 0 ? [`(${left} more files; search for something rarer, or in a smaller folder)`] : []),
    ...leftOutNotes(found),
  ].join("\n");
}

// Finds a text in the files of the sandbox: what `search_dir` and `search_file` share.
import { z } from "zod";
import type { ExecResult } from "../core/sandbox.ts";
import type { EditorState, ToolContext, ToolResult } from "../core/tool.ts";
import { refused } from "./result.ts";
import { askPython } from "./sandboxPython.ts";
import { SEARCH_SCRIPT } from "./searchScript.ts";
import { splitWords } from "./words.ts";

export const FILES_LISTED_MAX = 100;
export const LINES_LISTED_MAX = 100;
export const FILES_MAX = 5_000;
const FILE_BYTES_MAX = 10_000_000;
const LINE_CHARACTERS_MAX = 200;
/** Room for the program's answer: the most files with long paths and the most lines, escaped as JSON. */
const ANSWER_BYTES_MAX = 1_000_000;

/** Bounded, since they travel as arguments of a program. */
export const searchedText = z
  .string()
  .min(1)
  .max(1_000)
  .refine((text) => !text.includes("\n"), "must be one line");
export const searchedPath = z.string().min(1).max(4_000);

const foundSchema = z.strictObject({
  problem: z.enum(["missing", "notAFile", "binary", "tooMany"]).nullable(),
  kind: z.enum(["file", "folder"]),
  lineCount: z.int().nonnegative(),
  fileCount: z.int().nonnegative(),
  skippedCount: z.int().nonnegative(),
  files: z
    .array(z.tuple([z.string(), z.int().positive(), z.array(z.tuple([z.int().positive(), z.string()]))]))
    .max(FILES_LISTED_MAX),
});
export type Found = z.infer<typeof foundSchema>;

/** What was found, or the refusal that says why nothing was found out. */
export async function searchText(
  context: ToolContext,
  text: string,
  path: string,
): Promise<{ readonly found: Found; readonly result: ExecResult } | ToolResult> {
  const limits = [FILES_LISTED_MAX, LINES_LISTED_MAX, FILES_MAX, FILE_BYTES_MAX, LINE_CHARACTERS_MAX];
  const { answer, result } = await askPython(context, {
    name: "search",
    script: SEARCH_SCRIPT,
    args: [text, path, ...limits.map(String)],
    answer: foundSchema,
    answerBytesMax: ANSWER_BYTES_MAX,
  });
  if (answer !== null) return { found: answer, result };
  return unanswered(result, context.state, "Search a smaller folder, or use `grep`.");
}

/** The refusal for a program of ours that gave no answer. */
export function unanswered(result: ExecResult, state: EditorState, advice: string): ToolResult {
  const { exitCode, timedOut, oomKilled, cpuMs } = result;
  const why = timedOut ? "it took too long" : "the program that looks did not finish";
  return {
    ...refused(`Nothing was found out: ${why}. ${advice}`, state),
    exitCode,
    timedOut,
    oomKilled,
    cpuMs,
  };
}

/** What the search left out, in words. */
export function leftOutNotes({ problem, skippedCount }: Found): readonly string[] {
  return [
    ...(problem === "tooMany" ? [`(only the first ${FILES_MAX} files were looked into)`] : []),
    ...(skippedCount > 0
      ? [`(files that are too large or not readable were left out: ${skippedCount})`]
      : []),
  ];
}

/** A number of lines that hold the text, in words. */
export function matches(count: number): string {
  return `${count} ${count === 1 ? "match" : "matches"}`;
}

/** One or two words after a tool's name; a string says what is wrong with them. */
export function parseTwo(tool: string, second: string, rest: string): readonly [string, string?] | string {
  const words = splitWords(rest);
  if (typeof words === "string") return words;
  const [first, other, ...others] = words;
  if (first === undefined || first === "" || other === "" || others.length > 0) {
    return `\`${tool}\` takes one or two words: what to look for and, if you like, ${second}. Put what holds blanks in quotes: \`${tool} "two words"\`.`;
  }
  return other === undefined ? [first] : [first, other];
}

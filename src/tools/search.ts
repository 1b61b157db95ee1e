// `search`: finds a text in a file, or in all files under a folder, and lists where it stands.
import { z } from "zod";
import type { ExecResult } from "../core/sandbox.ts";
import type { Tool } from "../core/tool.ts";
import { outsideText, resolvePath } from "./filePath.ts";
import { refused, said } from "./result.ts";
import { SEARCH_SCRIPT } from "./searchScript.ts";
import { splitWords } from "./words.ts";

const searchArguments = z.strictObject({
  /** Bounded, since it travels as an argument of a program. */
  text: z.string().min(1).max(1_000),
  path: z.string().min(1).max(4_000).optional(),
});

const HITS_MAX = 60;
const FILES_MAX = 5_000;
const FILE_BYTES_MAX = 10_000_000;
const LINE_CHARACTERS_MAX = 200;
/** Room for the program's answer: the most hits with long paths, escaped as JSON. */
const ANSWER_BYTES_MAX = 400_000;

export const searchTool: Tool<typeof searchArguments> = {
  name: "search",
  signature: "search <text> [<path>]",
  description:
    "Finds a text, taken literally, in a file or in all files under a folder (without a path: under the present one), " +
    `and lists up to ${HITS_MAX} places as path:line: text. Put a text with blanks in quotes.`,
  arguments: searchArguments,
  native: {
    description:
      "Finds a text, taken literally, in a file or in all files under a folder, and lists where it stands.",
    arguments: { text: "The text.", path: "File or folder; left out: the present folder." },
  },
  endMarker: null,
  parseText: parseSearch,
  replay: "rerun",
  repeatable: true,
  async run({ text, path: written = "." }, { sandbox, actionId, state, actionTimeoutMs, signal }) {
    const path = resolvePath(state, written);
    if (path === null) return refused(outsideText(written), state);
    const limits = [HITS_MAX, FILES_MAX, FILE_BYTES_MAX, LINE_CHARACTERS_MAX].map(String);
    const result = await sandbox.exec(actionId, ["python3", "-c", SEARCH_SCRIPT, text, path, ...limits], {
      timeoutMs: actionTimeoutMs,
      outputBytesMax: ANSWER_BYTES_MAX,
      signal,
    });
    const found = parseAnswer(result);
    if (found === null) {
      const { exitCode, timedOut, oomKilled, cpuMs } = result;
      const why = timedOut ? "it took too long" : "the search program did not finish";
      const advice = "Search a smaller folder, or use `grep`.";
      return {
        ...refused(`Nothing was found out: ${why}. ${advice}`, state),
        exitCode,
        timedOut,
        oomKilled,
        cpuMs,
      };
    }
    if (found.problem === "missing") return refused(`There is no file or folder \`${path}\`.`, state);
    return { ...said(foundText(text, path, found), state), exitCode: result.exitCode, cpuMs: result.cpuMs };
  },
};

const answerSchema = z.strictObject({
  problem: z.enum(["missing", "tooMany"]).nullable(),
  hitCount: z.int().nonnegative(),
  fileCount: z.int().nonnegative(),
  skippedCount: z.int().nonnegative(),
  hits: z.array(z.tuple([z.string(), z.int().positive(), z.string()])).max(HITS_MAX),
});
type Answer = z.infer<typeof answerSchema>;

/** Null where the agent's sandbox has no working Python, or prints something else in its name. */
function parseAnswer(result: ExecResult): Answer | null {
  if (result.exitCode !== 0) return null;
  try {
    return answerSchema.parse(JSON.parse(result.output));
  } catch {
    return null;
  }
}

function foundText(text: string, path: string, found: Answer): string {
  const where = path === "." ? "the working folder" : `\`${path}\``;
  const hits = found.hitCount === 1 ? "1 place" : `${found.hitCount} places`;
  const files = found.fileCount === 1 ? "1 file" : `${found.fileCount} files`;
  const left = found.hitCount - found.hits.length;
  return [
    found.hitCount === 0
      ? `"${text}" does not occur in ${where}.`
      : `"${text}" in ${where}: ${hits} in ${files}.`,
    ...found.hits.map(([file, line, shown]) => `${file}:${line}: ${shown}`),
    ...(left > 0 ? [`(${left} more; search for something rarer, or in a smaller folder)`] : []),
    ...(found.problem === "tooMany" ? [`(only the first ${FILES_MAX} files were looked into)`] : []),
    ...(found.skippedCount > 0
      ? [`(files that are too large or not readable were left out: ${found.skippedCount})`]
      : []),
  ].join("\n");
}

function parseSearch(rest: string): z.infer<typeof searchArguments> | string {
  const words = splitWords(rest);
  if (typeof words === "string") return words;
  const [text, path, ...others] = words;
  if (text === undefined || text === "" || path === "" || others.length > 0) {
    return '`search` takes a text and, if you like, a path. Put a text with blanks in quotes: `search "two words" src`.';
  }
  const args = searchArguments.safeParse(path === undefined ? { text } : { text, path });
  return args.success ? args.data : "That text or path is too long to search for.";
}

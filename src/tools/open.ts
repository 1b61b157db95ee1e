// `open`: makes a file the editor's open file and shows a window of it.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";
import { outsideText, resolvePath } from "./filePath.ts";
import { readThrough } from "./readThrough.ts";
import { refused, said } from "./result.ts";
import { counted, firstLineFor, showWindow, WINDOW_LINES } from "./window.ts";
import { splitWords } from "./words.ts";

const openArguments = z.strictObject({ path: z.string().min(1), line: z.int().positive().optional() });

export const openTool: Tool<typeof openArguments> = {
  name: "open",
  signature: "open <path> [<line>]",
  description:
    `Opens a text file in the editor and shows up to ${WINDOW_LINES} lines, each after its number and a colon; ` +
    "with a line number it shows that part of the file. `goto`, `scroll`, `edit` and `insert` work on the open file.",
  arguments: openArguments,
  native: {
    description:
      "Opens a text file in the editor and shows a part of it, each line after its number and a colon. `goto`, `scroll`, `edit` and `insert` work on the open file.",
    arguments: { path: "The file.", line: "A line to show, counted from 1; left out: the first." },
  },
  endMarker: null,
  parseText: parseOpen,
  replay: "rerun",
  repeatable: true,
  async run({ path: written, line }, context) {
    const { state } = context;
    const wanted = resolvePath(state, written);
    if (wanted === null) return refused(outsideText(written), state);
    const found = await readThrough(context, wanted);
    if (typeof found === "string") return refused(found, state);
    const { path, file } = found;
    if (line !== undefined && line > Math.max(1, file.lines.length)) {
      return refused(`There is no line ${line}: \`${path}\` has ${counted(file.lines.length)}.`, state);
    }
    const firstLine = firstLineFor(line ?? 1, file.lines.length);
    const shown = file.fingerprint;
    return said(showWindow(path, file.lines, firstLine), { ...state, openFile: path, firstLine, shown });
  },
};

function parseOpen(rest: string): z.infer<typeof openArguments> | string {
  const words = splitWords(rest);
  if (typeof words === "string") return words;
  const [path, line, ...others] = words;
  if (path === undefined || path === "" || others.length > 0) {
    return "`open` takes a path and, if you like, a line number: `open <path> [<line>]`. Quote a path with blanks.";
  }
  if (line === undefined) return { path };
  if (!/^[1-9]\d{0,8}$/.test(line)) return `\`${line}\` is not a line number; lines are counted from 1.`;
  return { path, line: Number(line) };
}

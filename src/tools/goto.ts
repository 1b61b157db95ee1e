// `goto`: moves the window over the open file to a line.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";
import { readOpenFile } from "./openFile.ts";
import { refused, said } from "./result.ts";
import { counted, firstLineFor, showWindow } from "./window.ts";

const gotoArguments = z.strictObject({ line: z.int().positive() });

export const gotoTool: Tool<typeof gotoArguments> = {
  name: "goto",
  signature: "goto <line>",
  description: "Shows the part of the open file around a line, given by its number.",
  arguments: gotoArguments,
  native: {
    description: "Shows the part of the open file around a line.",
    arguments: { line: "Number of the line, counted from 1." },
  },
  endMarker: null,
  parseText: parseGoto,
  replay: "rerun",
  repeatable: true,
  async run({ line }, context) {
    const open = await readOpenFile(context);
    if (!("file" in open)) return refused(open.text, open.state);
    const { path, file } = open;
    const lineCount = file.lines.length;
    if (line > Math.max(1, lineCount)) {
      return refused(`There is no line ${line}: \`${path}\` has ${counted(lineCount)}.`, context.state);
    }
    const firstLine = firstLineFor(line, lineCount);
    const shown = file.fingerprint;
    return said(showWindow(path, file.lines, firstLine), { ...context.state, firstLine, shown });
  },
};

function parseGoto(rest: string): z.infer<typeof gotoArguments> | string {
  const line = /^\s*([1-9]\d{0,8})\s*$/.exec(rest)?.[1];
  return line === undefined
    ? "`goto` takes one line number, counted from 1, such as `goto 120`."
    : { line: Number(line) };
}

// `insert`: adds lines to the open file after a line, or at its top.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";
import { change } from "./change.ts";
import { readForChange } from "./openFile.ts";
import { refused } from "./result.ts";
import { argumentLines } from "./textFile.ts";
import { counted } from "./window.ts";

const insertArguments = z.strictObject({
  after: z.int().nonnegative(),
  /** The new lines. */
  text: z.string(),
});

export const insertTool: Tool<typeof insertArguments> = {
  name: "insert",
  signature: "insert <after>",
  description:
    "Adds the lines that follow to the open file, after the line <after>; 0 puts them at the top. Nothing is replaced. It is refused as an edit would be.",
  arguments: insertArguments,
  native: {
    description: "Adds lines to the open file. Nothing is replaced. It is refused as an edit would be.",
    arguments: { after: "The line after which they stand; 0 puts them at the top.", text: "The new lines." },
  },
  endMarker: "end_of_insert",
  parseText: parseInsert,
  replay: "rerun",
  async run({ after, text }, context) {
    const open = await readForChange(context, after);
    if (!("file" in open)) return refused(open.text, open.state);
    const lineCount = open.file.lines.length;
    if (after > lineCount) {
      return refused(`There is no line ${after}: \`${open.path}\` has ${counted(lineCount)}.`, context.state);
    }
    const added = argumentLines(text);
    if (added.length === 0) return refused("There are no lines to insert.", context.state);
    return change(context, open, { after, removed: 0, added });
  },
};

function parseInsert(rest: string, body: string | null): z.infer<typeof insertArguments> | string {
  const after = /^\s*(\d{1,9})\s*$/.exec(rest);
  if (after === null || body === null) {
    return "`insert` takes a line number, such as `insert 12` (0 is the top), then the new lines, then `end_of_insert`.";
  }
  return { after: Number(after[1]), text: body };
}

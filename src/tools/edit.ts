// `edit`: replaces a range of lines of the open file with the lines given, or removes it when none are given.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";
import { change } from "./change.ts";
import { readForChange } from "./openFile.ts";
import { refused } from "./result.ts";
import { argumentLines } from "./textFile.ts";
import { counted } from "./window.ts";

const editArguments = z.strictObject({
  first: z.int().positive(),
  last: z.int().positive(),
  /** The new lines. */
  text: z.string(),
});

export const editTool: Tool<typeof editArguments> = {
  name: "edit",
  signature: "edit <first>:<last>",
  description:
    "Replaces the lines <first> to <last> of the open file, both included, with the lines that follow, " +
    "indentation as written; with no lines it removes them. Line numbers change after an edit. " +
    "An edit that brings new errors (syntax, undefined names) into a program is refused, and so is one of a file that has changed since you saw it.",
  arguments: editArguments,
  native: {
    description:
      "Replaces the lines `first` to `last` of the open file, both included, with a text, or removes them if the text is empty. Line numbers change after an edit. An edit that brings new errors (syntax, undefined names) into a program is refused, and so is one of a file that has changed since you saw it.",
    arguments: {
      first: "First line to replace, counted from 1.",
      last: "Last line to replace.",
      text: "The new lines, indentation as written.",
    },
  },
  endMarker: "end_of_edit",
  parseText: parseEdit,
  replay: "rerun",
  async run({ first, last, text }, context) {
    const open = await readForChange(context, first);
    if (!("file" in open)) return refused(open.text, open.state);
    const lineCount = open.file.lines.length;
    if (lineCount === 0) {
      return refused(`\`${open.path}\` is empty. Use \`insert 0\` to add lines to it.`, context.state);
    }
    if (first > last) {
      return refused(
        `The range ${first}:${last} runs backwards: give the smaller number first.`,
        context.state,
      );
    }
    if (last > lineCount) {
      return refused(
        `The range ${first}:${last} does not exist: \`${open.path}\` has ${counted(lineCount)}.`,
        context.state,
      );
    }
    return change(context, open, { after: first - 1, removed: last - first + 1, added: argumentLines(text) });
  },
};

function parseEdit(rest: string, body: string | null): z.infer<typeof editArguments> | string {
  const range = /^\s*([1-9]\d{0,8})\s*[:\s]\s*([1-9]\d{0,8})\s*$/.exec(rest);
  if (range === null || body === null) {
    return "`edit` takes a range of line numbers counted from 1, such as `edit 3:7`, then the new lines, then `end_of_edit`.";
  }
  return { first: Number(range[1]), last: Number(range[2]), text: body };
}

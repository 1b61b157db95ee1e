// The tools as models are told of them that call them natively: descriptions and arguments in the words of a call, where the
// docs of text scaffolds speak of lines and end marks.
import { z } from "zod";
import type { ToolSchema } from "../core/model.ts";
import type { Tool } from "../core/tool.ts";

interface NativeDoc {
  readonly description: string;
  /** What each argument is, by name. */
  readonly arguments: Readonly<Record<string, string>>;
}

const DOCS: Readonly<Record<string, NativeDoc>> = {
  shell: {
    description: "Runs a bash command. The directory and the variables last from one call to the next.",
    arguments: { command: "The command; it may have several lines." },
  },
  open: {
    description:
      "Opens a text file in the editor and shows a part of it, each line after its number and a colon. `edit`, `insert` and `scroll` work on the open file.",
    arguments: { path: "The file.", line: "A line to show, counted from 1; left out: the first." },
  },
  scroll: {
    description: "Shows the part of the open file above or below the present one.",
    arguments: { direction: "up or down." },
  },
  create: {
    description:
      "Makes a new, empty file, with its folders, and opens it; then fill it with `insert` after line 0.",
    arguments: { path: "The file; it must not exist yet." },
  },
  edit: {
    description:
      "Replaces the lines `first` to `last` of the open file, both included, with a text, or removes them if the text is empty. Line numbers change after an edit.",
    arguments: {
      first: "First line to replace, counted from 1.",
      last: "Last line to replace.",
      text: "The new lines, indentation as written.",
    },
  },
  insert: {
    description: "Adds lines to the open file. Nothing is replaced.",
    arguments: { after: "The line after which they stand; 0 puts them at the top.", text: "The new lines." },
  },
  search: {
    description:
      "Finds a text, taken literally, in a file or in all files under a folder, and lists where it stands.",
    arguments: { text: "The text.", path: "File or folder; left out: the present folder." },
  },
  validate: {
    description:
      "Scores the submission as it stands now, on cases kept for this, and tells you the score next to the baseline. The number of validations is limited; asking again about an unchanged submission costs none.",
    arguments: {},
  },
  submit: {
    description:
      "Hands in the submission as it stands and ends your work. Nothing can be changed afterwards.",
    arguments: {},
  },
  forfeit: {
    description:
      "Gives up and ends your work without handing in anything. Use it only when nothing can be done.",
    arguments: {},
  },
};

/** Throws a RangeError for a tool, or an argument, that has no words here: a fault in this program. */
export function nativeSchemas(tools: readonly Tool[]): readonly ToolSchema[] {
  return tools.map((tool) => {
    const doc = DOCS[tool.name];
    if (doc === undefined) throw new RangeError(`the tool ${tool.name} has no native description`);
    const { $schema: _dialect, properties = {}, ...schema } = z.toJSONSchema(tool.arguments);
    const described = Object.entries(properties).map(([name, property]) => {
      const description = doc.arguments[name];
      if (description === undefined || typeof property === "boolean") {
        throw new RangeError(`the argument ${name} of the tool ${tool.name} has no native description`);
      }
      return [name, { ...property, description }] as const;
    });
    const parameters = { ...schema, properties: Object.fromEntries(described) };
    return { name: tool.name, description: doc.description, parameters };
  });
}

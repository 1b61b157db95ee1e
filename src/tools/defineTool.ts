// A tool of the user's own, from as little as need be said of it: name, doc, arguments and what it does. What every tool has besides is
// worked out here from the arguments.
import { z } from "zod";
import type { EditorState, NativeDoc, Tool, ToolContext, ToolResult } from "../core/tool.ts";
import { said } from "./result.ts";
import { splitWords } from "./words.ts";

/** What a tool answers: a text alone, or with whether it did what was asked and the editor's memory from here on. */
export type ToolAnswer =
  | string
  | { readonly text: string; readonly ok?: boolean; readonly state?: EditorState };

export interface ToolDefinition<Arguments extends z.ZodObject> {
  /** Small letters, digits and underscores: what the agent writes first. */
  readonly name: string;
  /** What it does, in a sentence or two; the agent reads it. */
  readonly description: string;
  /** Their order is the order of the words after the name; `.describe()` tells models that call tools natively what each is. */
  readonly arguments: Arguments;
  /** How a command is written; left out: the name, then the arguments in their order. */
  readonly signature?: string;
  /** The word that ends a text of several lines, which becomes the last argument; left out: commands of one line. */
  readonly endMarker?: string;
  /** Reads the text after the name itself; a string says what is wrong. Left out: words in the order of the arguments. */
  readonly parseText?: (rest: string, body: string | null) => z.infer<Arguments> | string;
  readonly native?: NativeDoc;
  /** `rerun` where it acts in the sandbox alone, `record` where it needs anything outside. */
  readonly replay: Tool["replay"];
  /** Set where asking the same sandbox twice for the same action does no more than asking once. */
  readonly repeatable?: true;
  /** Contract: acts in the sandbox, within the context's time and output, and throws only where something is broken. */
  run(args: z.infer<Arguments>, context: ToolContext): Promise<ToolAnswer>;
}

/** Makes a tool of a user's definition: the default export of a file that `cells.agents[].tools` names. */
export function defineTool<Arguments extends z.ZodObject>(
  definition: ToolDefinition<Arguments>,
): Tool<Arguments> {
  const { name, endMarker = null } = definition;
  return {
    name,
    signature: definition.signature ?? signatureOf(name, definition.arguments, endMarker !== null),
    description: definition.description,
    arguments: definition.arguments,
    ...(definition.native === undefined ? {} : { native: definition.native }),
    endMarker,
    parseText: definition.parseText ?? ((rest, body) => parseWords(definition, rest, body)),
    replay: definition.replay,
    ...(definition.repeatable === undefined ? {} : { repeatable: definition.repeatable }),
    run: async (args, context) => resultOf(name, await definition.run(args, context), context.state),
  };
}

function resultOf(name: string, answer: ToolAnswer, state: EditorState): ToolResult {
  if (typeof answer === "string") return said(answer, state);
  if (typeof answer?.text !== "string") {
    throw new TypeError(`the tool ${name} answered neither a text nor an object with one`);
  }
  return { ...said(answer.text, answer.state ?? state), ok: answer.ok ?? true };
}

function signatureOf(name: string, args: z.ZodObject, hasBody: boolean): string {
  const { properties = {}, required = [] } = z.toJSONSchema(args, { io: "input" });
  const words = Object.keys(properties).map((key) => (required.includes(key) ? `<${key}>` : `[<${key}>]`));
  return [name, ...(hasBody ? words.slice(0, -1) : words)].join(" ");
}

function parseWords<Arguments extends z.ZodObject>(
  { name, arguments: schema }: ToolDefinition<Arguments>,
  rest: string,
  body: string | null,
): z.infer<Arguments> | string {
  const words = splitWords(rest);
  if (typeof words === "string") return words;
  const properties = Object.entries(z.toJSONSchema(schema, { io: "input" }).properties ?? {});
  const onLine = body === null ? properties : properties.slice(0, -1);
  if (words.length > onLine.length) {
    return `\`${name}\` takes ${onLine.length} words at most. Quote a word with blanks.`;
  }
  const given: Record<string, unknown> = {};
  for (const [index, word] of words.entries()) {
    const [key, property] = onLine[index] ?? [];
    if (key !== undefined) given[key] = typeof property === "object" ? asTyped(word, property.type) : word;
  }
  const last = properties.at(-1)?.[0];
  if (body !== null && last !== undefined) given[last] = body;
  const parsed = schema.safeParse(given);
  return parsed.success
    ? parsed.data
    : `The arguments of \`${name}\` do not fit.\n${z.prettifyError(parsed.error)}`;
}

/** A word as the schema wants it: a number or a truth value where it is one. */
function asTyped(word: string, type: unknown): unknown {
  if ((type === "number" || type === "integer") && word.trim() !== "" && Number.isFinite(Number(word)))
    return Number(word);
  if (type === "boolean" && (word === "true" || word === "false")) return word === "true";
  return word;
}

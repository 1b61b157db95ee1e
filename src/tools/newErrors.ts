// Errors that a change brings into a program or a data file: those of the new text that the old one had not.
import { z } from "zod";
import type { ToolContext } from "../core/tool.ts";
import { CHECK_SCRIPT } from "./checkScript.ts";
import { askPython } from "./sandboxPython.ts";

/** Texts above this are not checked: it would take longer than the change is worth. */
const CHECKED_CHARACTERS_MAX = 500_000;
const CHECK_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 200_000;

const errorSchema = z.strictObject({
  /** `name`: a name that is defined nowhere; it is found only where the syntax is right. */
  kind: z.enum(["syntax", "name"]),
  line: z.int().positive(),
  message: z.string(),
});
export type CodeError = z.infer<typeof errorSchema>;
const versionSchema = z.array(errorSchema).nullable();
const answerSchema = z.tuple([versionSchema, versionSchema]);

const FORMS: Readonly<Record<string, string>> = {
  py: "py",
  pyi: "py",
  json: "json",
  toml: "toml",
  yaml: "yaml",
  yml: "yaml",
};

/** The lines of the new text that a change wrote: `first` is 1-based, `count` may be 0. */
export interface Written {
  readonly first: number;
  readonly count: number;
}

/** The new errors, in order of lines; none for files of other forms; null where the sandbox cannot tell. */
export async function newErrors(
  context: ToolContext,
  path: string,
  before: readonly string[],
  after: readonly string[],
  written: Written,
): Promise<readonly CodeError[] | null> {
  const form = FORMS[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ""];
  if (form === undefined) return [];
  const texts = [before, after].map((lines) => lines.map((line) => `${line}\n`).join(""));
  if (texts.some(({ length }) => length > CHECKED_CHARACTERS_MAX)) return null;
  const { answer } = await askPython(context, {
    name: "check",
    script: CHECK_SCRIPT,
    args: [form],
    stdin: JSON.stringify(texts),
    answer: answerSchema,
    answerBytesMax: ANSWER_BYTES_MAX,
    timeoutMs: CHECK_MS_MAX,
  });
  const [old, now] = answer ?? [null, null];
  return old === null || now === null ? null : broughtIn(old, now, written);
}

/** Which of `now` were not there before. An old text that could not be read hides its errors, so only what was just written counts then. */
export function broughtIn(
  old: readonly CodeError[],
  now: readonly CodeError[],
  { first, count }: Written,
): readonly CodeError[] {
  const wasUnreadable = old.some(({ kind }) => kind === "syntax");
  if (wasUnreadable) return now.filter(({ line }) => line >= first && line < first + count);
  const known = new Set(old.map(({ message }) => message));
  return now.filter(({ message }) => !known.has(message));
}

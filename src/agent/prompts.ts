// The prompt files and how they are filled in. Every placeholder is known and every known one is filled: anything else
// is an error when the files are loaded, not a strange sentence in front of a model.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/errors.ts";

/** The placeholders that each file must contain, and no others. */
const PLACEHOLDERS = {
  system: ["tools"],
  task: [
    "description",
    "metric",
    "direction",
    "baseline",
    "submission",
    "steps",
    "actionSeconds",
    "validations",
    "observation",
    "state",
  ],
  observation: ["observation", "state"],
  state: ["used", "steps", "openFile", "directory"],
  complaint: ["error"],
} as const;

/** Where the house's own prompts lie: the folder beside this file. */
export const PROMPTS_FOLDER = fileURLToPath(new URL("./prompts", import.meta.url));

/** The files that the native scaffold has of its own; it shares the others. */
const NATIVE_PLACEHOLDERS = { system: [], complaint: ["error"], unusable: ["error", "state"] } as const;

export type PromptName = keyof typeof PLACEHOLDERS;
export type Prompts = { readonly [Name in PromptName]: string };
export type NativePrompts = Prompts & { readonly unusable: string };

/** Reads `<name>.md` for every prompt from a folder, once, and checks the placeholders. */
export async function loadPrompts(folder: string): Promise<Prompts> {
  const load = (name: PromptName) => loadPrompt(folder, name, PLACEHOLDERS[name]);
  const [system, task, observation, state, complaint] = await Promise.all([
    load("system"),
    load("task"),
    load("observation"),
    load("state"),
    load("complaint"),
  ]);
  return { system, task, observation, state, complaint };
}

/** The native scaffold's prompts: those of `own`, and of the shared folder what both scaffolds word alike. */
export async function loadNativePrompts(shared: string, own: string): Promise<NativePrompts> {
  const load = (name: keyof typeof NATIVE_PLACEHOLDERS) => loadPrompt(own, name, NATIVE_PLACEHOLDERS[name]);
  const [{ task, observation, state }, system, complaint, unusable] = await Promise.all([
    loadPrompts(shared),
    load("system"),
    load("complaint"),
    load("unusable"),
  ]);
  return { system, task, observation, state, complaint, unusable };
}

/** Fills a template. Values are put in as they are: a placeholder inside a value stays text. Throws on one that has no value. */
export function fillPrompt<Name extends string>(
  prompts: { readonly [Key in Name]: string },
  name: Name,
  values: { readonly [key: string]: string | number },
): string {
  const known = new Map(Object.entries<string | number>(values));
  return prompts[name].replaceAll(PLACEHOLDER, (_, key: string) => {
    const value = known.get(key);
    if (value === undefined) throw new Error(`the prompt ${name} has no value for {${key}}`);
    return String(value);
  });
}

const PLACEHOLDER = /\{([A-Za-z]+)\}/g;

async function loadPrompt(folder: string, name: string, placeholders: readonly string[]): Promise<string> {
  const path = join(folder, `${name}.md`);
  const text = (await readFile(path, "utf8").catch(unreadable(path))).replaceAll("\r\n", "\n").trimEnd();
  const expected = new Set(placeholders);
  const found = new Set([...text.matchAll(PLACEHOLDER)].map(([, key = ""]) => key));
  const missing = [...expected].filter((key) => !found.has(key));
  const unknown = [...found].filter((key) => !expected.has(key));
  if (missing.length > 0) throw new UserError(`${path} lacks the placeholder {${missing.join("}, {")}}`);
  if (unknown.length > 0)
    throw new UserError(`${path} has a placeholder that nothing fills: {${unknown.join("}, {")}}`);
  return text;
}

function unreadable(path: string): (error: unknown) => never {
  return (cause) => {
    throw new UserError(`the prompt file ${path} cannot be read`, { cause });
  };
}

// The prompt files and how they are filled in. Every placeholder is known and every known one is filled: anything else
// is an error when the files are loaded, not a strange sentence in front of a model.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AgentConfig } from "../core/cell.ts";
import { UserError } from "../core/errors.ts";
import { nearestName, suggestion } from "../core/nearest.ts";

/** Where the house's own prompts lie: the folder beside this file. */
export const PROMPTS_FOLDER = fileURLToPath(new URL("./prompts", import.meta.url));

interface Placeholders {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
}

/** The placeholders of each file, in text scaffolds. */
const PLACEHOLDERS = {
  system: { required: ["tools"] },
  task: {
    required: [
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
  },
  observation: { required: ["observation", "state"] },
  state: { required: ["openFile", "directory"], optional: ["used", "steps", "left"] },
  complaint: { required: ["error"] },
  unusable: { required: ["error", "state"] },
  summaryRequest: { required: [] },
  summarised: { required: ["task", "summary"] },
  demonstration: { required: ["task", "turns"] },
} as const satisfies Record<string, Placeholders>;

export type PromptName = keyof typeof PLACEHOLDERS;
/** What every scaffold says. */
export type Prompts = {
  readonly [Name in "system" | "task" | "observation" | "state" | "complaint"]: string;
};
export type NativePrompts = Prompts & { readonly unusable: string };
/** What the history `summary` says. */
export type SummaryPrompts = { readonly [Name in "summaryRequest" | "summarised"]: string };

/** Files larger than this are no prompts. */
const PROMPT_BYTES_MAX = 256 * 1024;

/** Where prompts come from: the user's folder, where there is one, then the scaffold's own, then what all share. */
export interface PromptSource {
  /** The user's folder; null: none. */
  readonly own: string | null;
  readonly scaffold: AgentConfig["scaffold"];
  readonly stateLine: NonNullable<AgentConfig["stateLine"]>;
}

const HOUSE: PromptSource = { own: null, scaffold: "fenced", stateLine: "oneLine" };

/** A source of the house's prompts alone, or with a folder over them. Throws UserError where the folder, or a name in it, is none. */
export async function promptSource(
  config: Pick<AgentConfig, "scaffold" | "prompts" | "stateLine">,
): Promise<PromptSource> {
  const { scaffold, prompts: own = null, stateLine = "oneLine" } = config;
  if (own !== null) await checkFolder(own, stateLine);
  return { own, scaffold, stateLine };
}

/** What every scaffold says, for this one. Throws UserError. */
export async function loadPrompts(source: PromptSource = HOUSE): Promise<Prompts> {
  const [system, task, observation, state, complaint] = await Promise.all([
    loadPrompt(source, "system"),
    loadPrompt(source, "task"),
    loadPrompt(source, "observation"),
    source.stateLine === "none" ? "" : loadPrompt(source, "state"),
    loadPrompt(source, "complaint"),
  ]);
  return { system, task, observation, state, complaint };
}

/** The same for the native scaffold. */
export async function loadNativePrompts(source: PromptSource): Promise<NativePrompts> {
  const [prompts, unusable] = await Promise.all([loadPrompts(source), loadPrompt(source, "unusable")]);
  return { ...prompts, unusable };
}

/** What the history `summary` says. Throws UserError. */
export async function loadSummaryPrompts(source: PromptSource): Promise<SummaryPrompts> {
  const [summaryRequest, summarised] = await Promise.all([
    loadPrompt(source, "summaryRequest"),
    loadPrompt(source, "summarised"),
  ]);
  return { summaryRequest, summarised };
}

/** One prompt, checked. Throws UserError with file and line where a placeholder is unknown or missing. */
export async function loadPrompt(source: PromptSource, name: PromptName): Promise<string> {
  const path = pathOf(source, name);
  const bytes = await readFile(path).catch(unreadable(path));
  if (bytes.byteLength > PROMPT_BYTES_MAX) {
    throw new UserError(`${path}: ${bytes.byteLength} bytes are no prompt; the most is ${PROMPT_BYTES_MAX}`);
  }
  const text = bytes.toString("utf8").replaceAll("\r\n", "\n").trimEnd();
  checkPlaceholders(path, text, placeholdersOf(source, name));
  return source.stateLine === "none" ? text.replace(/\n?\{state\}/g, "") : text;
}

/**
 * Fills a template. Values are put in as they are: a placeholder inside a value stays text, and `{{word}}` is `{word}` itself. Throws on
 * one that has no value.
 */
export function fillPrompt<Name extends string>(
  prompts: { readonly [Key in Name]: string },
  name: Name,
  values: { readonly [key: string]: string | number },
): string {
  const known = new Map(Object.entries<string | number>(values));
  return prompts[name].replaceAll(PLACEHOLDER, (_, literal: string | undefined, key: string) => {
    if (literal !== undefined) return `{${literal}}`;
    const value = known.get(key);
    if (value === undefined) throw new Error(`the prompt ${name} has no value for {${key}}`);
    return String(value);
  });
}

/** The native scaffold tells of its tools, and shows demonstrations, in the provider's own form. */
function placeholdersOf({ scaffold }: PromptSource, name: PromptName): Placeholders {
  if (scaffold !== "native") return PLACEHOLDERS[name];
  if (name === "system") return { required: [] };
  return name === "demonstration" ? { required: ["task"] } : PLACEHOLDERS[name];
}

const PLACEHOLDER = /\{\{([A-Za-z]+)\}\}|\{([A-Za-z]+)\}/g;

/** The prompts that a scaffold words in its own way; `fenced` speaks in those of the folder itself. */
const OWN_PROMPTS: { readonly [Scaffold in AgentConfig["scaffold"]]: readonly PromptName[] } = {
  fenced: [],
  lastBlock: ["system", "complaint"],
  xml: ["system", "complaint"],
  json: ["system", "complaint"],
  native: ["system", "complaint", "unusable", "demonstration"],
};

function pathOf({ own, scaffold, stateLine }: PromptSource, name: PromptName): string {
  const users = own === null ? null : join(own, `${name}.md`);
  if (users !== null && existsSync(users)) return users;
  if (name === "state" && stateLine === "lines") return join(PROMPTS_FOLDER, "stateLines", "lines.md");
  const folder = OWN_PROMPTS[scaffold].includes(name) ? join(PROMPTS_FOLDER, scaffold) : PROMPTS_FOLDER;
  return join(folder, `${name}.md`);
}

async function checkFolder(folder: string, stateLine: PromptSource["stateLine"]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new UserError(`the folder of prompts ${folder} cannot be read; check the path`, { cause });
  });
  const names = Object.keys(PLACEHOLDERS);
  const files = entries.filter((entry) => !entry.isDirectory() && entry.name.endsWith(".md"));
  for (const { name: file } of files) {
    const name = file.slice(0, -".md".length);
    if (!names.includes(name)) {
      throw new UserError(`${join(folder, file)}: there is no prompt "${name}"; ${suggestion(name, names)}`);
    }
  }
  if (files.length === 0) {
    throw new UserError(
      `${folder}: it holds no prompt, which is a file such as system.md; the names are ${names.join(", ")}`,
    );
  }
  if (stateLine !== "oneLine" && files.some(({ name }) => name === "state.md")) {
    throw new UserError(
      `${join(folder, "state.md")}: the agent says stateLine: ${stateLine} too; keep this file or that setting`,
    );
  }
}

/** One sentence for the first fault, with its line; a missing placeholder is a fault of the first line. */
function checkPlaceholders(path: string, text: string, { required, optional = [] }: Placeholders): void {
  const names = [...required, ...optional];
  const found = new Set<string>();
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [, literal, key] = match;
    if (literal !== undefined || key === undefined) continue;
    found.add(key);
    if (names.includes(key)) continue;
    const line = text.slice(0, match.index).split("\n").length;
    const near = nearestName(key, names);
    const remedy =
      near !== null
        ? `did you mean {${near}}?`
        : names.length === 0
          ? "this prompt has none"
          : `there are ${names.map((name) => `{${name}}`).join(", ")}`;
    throw new UserError(
      `${path}:${line}: nothing fills the placeholder {${key}}; ${remedy} ({{${key}}} stays {${key}})`,
    );
  }
  const missing = required.filter((key) => !found.has(key));
  if (missing.length > 0) {
    throw new UserError(
      `${path}:1: the placeholder {${missing.join("}, {")}} is missing, and with it what an agent must know; put it in`,
    );
  }
}

function unreadable(path: string): (error: unknown) => never {
  return (cause) => {
    throw new UserError(`the prompt file ${path} cannot be read`, { cause });
  };
}

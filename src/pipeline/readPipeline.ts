// Reads a pipeline file, and values set from the command line over it. Complaints about the file name its line; about a setting, the setting.
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { faultsOf } from "../tasks/issueText.ts";
import { shownSetting, shownValue } from "../tasks/shownValue.ts";
import { parseYaml } from "../tasks/yamlFile.ts";
import { type Pipeline, pipelineSchema } from "./pipelineFile.ts";

type Tree = { [key: string]: unknown };
const treeSchema = z.record(z.string(), z.unknown());
/** Objects of ours: nothing that a setting names is looked up in a prototype. */
const REFUSED_KEYS = new Set(["", "__proto__"]);

interface Setting {
  /** As complaints repeat it. */
  readonly shown: string;
  readonly keys: readonly string[];
  readonly value: unknown;
}

/** Parses the file's text, then lays `key=value` settings over it. Throws UserError. */
export function readPipelineText(text: string, label: string, settings: readonly string[]): Pipeline {
  return readSettled(text, label, settings, pipelineSchema);
}

/** The same for any file that settings are laid over. */
export function readSettled<T>(
  text: string,
  label: string,
  settings: readonly string[],
  schema: z.ZodType<T>,
): T {
  const parsed = parseYaml(text, label, schema);
  return settings.length === 0 ? parsed : settled(parseYaml(text, label, treeSchema), settings, schema);
}

/** Lays `key=value` settings over a pipeline; values are YAML, keys are dotted (`sandbox.backend=docker`, `cells.models.0.thinkMs=5`). */
export function withSettings(base: unknown, texts: readonly string[]): Pipeline {
  return settled(base, texts, pipelineSchema);
}

function settled<T>(base: unknown, texts: readonly string[], schema: z.ZodType<T>): T {
  const tree = structuredClone(treeSchema.parse(base));
  const settings = texts.map(parseSetting);
  for (const setting of settings) put(tree, setting);
  const parsed = schema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error.issues, schema, tree).map(({ path, text }) => {
    const setting = settings.findLast(({ keys }) => isWithin(keys, path) || isWithin(path, keys));
    return `--set ${setting?.shown ?? settings.map(({ shown }) => shown).join(" --set ")}: ${text}`;
  });
  throw new UserError(faults.join("\n"));
}

function parseSetting(text: string): Setting {
  const shown = shownSetting(text);
  const split = text.indexOf("=");
  if (split < 1) {
    throw new UserError(
      `--set ${shown}: must be key=value with a dotted key, such as sandbox.backend=docker`,
    );
  }
  const keys = text.slice(0, split).split(".");
  if (keys.some((key) => REFUSED_KEYS.has(key))) {
    throw new UserError(`--set ${shown}: the key has an empty part; write it as a.b.c`);
  }
  try {
    return { shown, keys, value: parseYaml(text.slice(split + 1), "value", z.unknown()) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const what = error.message.replace(/^value:(?:1:(\d+):)?/, (_, column) =>
      column === undefined ? "" : `at character ${column} of the value:`,
    );
    throw new UserError(`--set ${shown}: ${what.trim()}`, { cause: error });
  }
}

function put(tree: Tree, { shown, keys, value }: Setting): void {
  let here: unknown = tree;
  for (const [depth, key] of keys.entries()) {
    const isLast = depth === keys.length - 1;
    const above = keys.slice(0, depth);
    if (Array.isArray(here)) {
      const entries: unknown[] = here;
      const position = /^\d+$/.test(key) ? Number(key) : -1;
      if (position < 0 || position >= entries.length) {
        throw new UserError(
          `--set ${shown}: ${above.join(".")} has no entry ${key}; it has ${entries.length}, counted from 0`,
        );
      }
      if (isLast) entries[position] = value;
      else here = entries[position];
      continue;
    }
    if (!isTree(here)) {
      throw new UserError(
        `--set ${shown}: ${above.join(".")} is ${shownValue(here, above)}, which has no keys below it; set it as a whole`,
      );
    }
    if (isLast) {
      here[key] = value;
    } else {
      if (!Object.hasOwn(here, key) || here[key] === null || here[key] === undefined) here[key] = {};
      here = here[key];
    }
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null;
}

/** Whether `path` is `keys` or lies below them. */
function isWithin(keys: readonly PropertyKey[], path: readonly PropertyKey[]): boolean {
  return keys.length <= path.length && keys.every((key, index) => String(key) === String(path[index]));
}

// Reads a pipeline file, and values set from the command line over it. Complaints about the file name its line; about a setting, the setting.
import { z } from "zod";
import { UserError } from "../core/errors.ts";
import { parseYaml } from "../tasks/yamlFile.ts";
import { type Pipeline, pipelineSchema } from "./pipelineFile.ts";

type Tree = { [key: string]: unknown };
const treeSchema = z.record(z.string(), z.unknown());

/** Parses the file's text, then lays `key=value` settings over it. Throws UserError. */
export function readPipelineText(text: string, label: string, settings: readonly string[]): Pipeline {
  const pipeline = parseYaml(text, label, pipelineSchema);
  return settings.length === 0 ? pipeline : withSettings(parseYaml(text, label, treeSchema), settings);
}

/** Lays `key=value` settings over a pipeline; values are YAML, keys are dotted (`sandbox.backend=docker`, `cells.models.0.thinkMs=5`). */
export function withSettings(base: unknown, settings: readonly string[]): Pipeline {
  const tree = structuredClone(treeSchema.parse(base));
  for (const setting of settings) {
    const split = setting.indexOf("=");
    if (split < 1) {
      throw new UserError(
        `--set ${setting}: must be key=value with a dotted key, such as sandbox.backend=docker`,
      );
    }
    const value = parseYaml(setting.slice(split + 1), `--set ${setting}`, z.unknown());
    put(tree, setting.slice(0, split).split("."), value, setting);
  }
  const parsed = pipelineSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  throw new UserError(
    parsed.error.issues
      .map((issue) => {
        const path = issue.path.join(".");
        const setting =
          settings.find((one) => path.startsWith(one.split("=")[0] ?? one)) ?? settings.join(" --set ");
        const what =
          issue.code === "unrecognized_keys"
            ? `unknown key \`${[...issue.path, issue.keys[0]].join(".")}\`; check its spelling or take it out`
            : `${path}: ${issue.message}`;
        return `--set ${setting}: ${what}`;
      })
      .join("\n"),
  );
}

function put(tree: Tree, keys: readonly string[], value: unknown, setting: string): void {
  const [first, ...rest] = keys;
  if (first === undefined || first === "" || first === "__proto__") {
    throw new UserError(`--set ${setting}: the key has an empty part; write it as a.b.c`);
  }
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  const inner = tree[first] ?? {};
  if (Array.isArray(inner)) {
    const [index, ...deeper] = rest;
    const position = Number(index);
    if (!Number.isInteger(position) || position < 0 || position >= inner.length) {
      throw new UserError(
        `--set ${setting}: ${first} has no entry ${index}; it has ${inner.length}, counted from 0`,
      );
    }
    if (deeper.length === 0) inner[position] = value;
    else put(inner[position], deeper, value, setting);
    return;
  }
  if (typeof inner !== "object") {
    throw new UserError(`--set ${setting}: ${first} is ${JSON.stringify(inner)}, which has no keys below it`);
  }
  tree[first] = inner;
  const next = treeSchema.parse(inner);
  put(next, rest, value, setting);
  tree[first] = next;
}

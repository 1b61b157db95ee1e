// A user's own tool: one file of JavaScript or TypeScript, loaded into this process and known by the hash of its content.
import { readFile } from "node:fs/promises";
import { registerHooks } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { Tool } from "../core/tool.ts";

const ENDINGS = [".ts", ".mts", ".js", ".mjs"];
/** The library as this very program runs it: sources in a clone, compiled in a package. */
const LIBRARY_URL = new URL(`../index${path.extname(fileURLToPath(import.meta.url))}`, import.meta.url).href;
/** An import of a file beside it, of which the hash would know nothing. */
const FILE_IMPORT =
  /(?:^\s*(?:import|export)\b(?!\s+type\b)[^;"'()=]*?\bfrom\s*|^\s*import\s*|\bimport\s*\(\s*)["']((?:\.{1,2}\/|\/|file:)[^"']*)["']/m;

const functionOf = <T>() => z.custom<T>((value) => typeof value === "function", "must be a function");

const toolSchema = z.object({
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9_]{0,39}$/,
      "must be small letters, digits and underscores, at most 40, a letter first",
    ),
  signature: z.string().min(1),
  description: z.string().min(1),
  arguments: z.custom<z.ZodType>(describesAnObject, "must be a zod object"),
  native: z.object({ description: z.string(), arguments: z.record(z.string(), z.string()) }).optional(),
  endMarker: z
    .string()
    .regex(/^\S{1,40}$/, "must be one word")
    .nullable(),
  parseText: functionOf<Tool["parseText"]>(),
  replay: z.enum(["rerun", "record"]),
  repeatable: z.literal(true).optional(),
  run: functionOf<Tool["run"]>(),
});

/** Whether an entry of a list of tools is a file, and no name. */
export function isToolFile(entry: string): boolean {
  return entry.includes("/") || ENDINGS.includes(path.extname(entry));
}

/** Loads a tool from a file, relative to where the command runs. Throws UserError that begins with `place`. */
export async function loadUserTool(file: string, place: string): Promise<Tool> {
  if (!ENDINGS.includes(path.extname(file)))
    throw new UserError(`${place}: ${file} must end in ${ENDINGS.join(", ")}`);
  const full = path.resolve(file);
  const content = await readFile(full).catch((error: unknown) => {
    throw new UserError(`${place}: cannot read the tool ${file}: ${errorText(error)}`, { cause: error });
  });
  const beside = FILE_IMPORT.exec(content.toString("utf8"))?.[1];
  if (beside !== undefined) {
    throw new UserError(
      `${place}: ${file} imports ${beside}, but a tool is one file, since its content is part of every rollout's key; move what it needs into it, or into a package`,
    );
  }
  const source = sha256(content);
  const loaded = await importFresh(pathToFileURL(full), source).catch((error: unknown) => {
    throw new UserError(`${place}: the tool ${file} cannot be loaded: ${errorText(error)}`, { cause: error });
  });
  const parsed = toolSchema.safeParse(loaded);
  if (!parsed.success) {
    throw new UserError(
      `${place}: the default export of ${file} is no tool (${errorText(parsed.error)}); make it with \`defineTool\` of the library`,
    );
  }
  const { native, repeatable, ...tool } = parsed.data;
  return {
    ...tool,
    ...(native === undefined ? {} : { native }),
    ...(repeatable === undefined ? {} : { repeatable }),
    source,
  };
}

/** The default export of a file as it is now, though an older content of it was loaded before. */
async function importFresh(url: URL, version: string): Promise<unknown> {
  url.searchParams.set("sha256", version);
  const { href } = url;
  // A tool imports the library that runs it, wherever the file lies and whatever is installed there.
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "nightshift" && context.parentURL === href
        ? { url: LIBRARY_URL, shortCircuit: true }
        : next(specifier, context),
  });
  try {
    const module: unknown = await import(href);
    return z.object({ default: z.unknown().optional() }).parse(module).default;
  } finally {
    hooks.deregister();
  }
}

/** A schema by this zod or by a copy of the user's own. */
function describesAnObject(value: unknown): boolean {
  try {
    return isSchema(value) && z.toJSONSchema(value).type === "object";
  } catch {
    return false;
  }
}

function isSchema(value: unknown): value is z.ZodType {
  return typeof value === "object" && value !== null && "_zod" in value && "safeParse" in value;
}

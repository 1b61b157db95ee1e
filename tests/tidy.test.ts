// Checks what cannot be seen by running the code: who imports whom, one vendor per room, no cycles, no escapes from the types,
// no hidden clocks or randomness, and that the map in ARCHITECTURE.md names every room.
import { readdir, readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Room → rooms it may import. Change this table, the one in ARCHITECTURE.md and the reason there together. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  tasks: ["core"],
  images: ["core"],
  sandbox: ["core"],
  models: ["core"],
  tools: ["core"],
  store: ["core"],
  compute: ["core"],
  dataset: ["core", "compute"],
  schedule: ["core"],
  notify: ["core"],
  memory: ["core"],
  web: ["core"],
  rewards: ["core"],
  integrity: ["core"],
  judge: ["core", "tasks"],
  importers: ["core", "tasks", "dataset", "integrity"],
  compat: ["core", "tools", "importers"],
  env: ["core", "tools"],
  agent: ["core", "tools"],
  curate: ["core", "dataset", "rewards"],
  export: ["core", "dataset", "compute"],
  hub: ["core", "dataset", "export"],
  report: ["core", "dataset", "store", "rewards"],
  rollout: ["core", "env", "agent"],
  stages: ["core", "judge", "rollout", "schedule", "store", "dataset", "rewards", "integrity", "compute"],
  pipeline: ["core", "tasks", "stages", "schedule", "store", "notify", "web"],
  serve: ["core"],
  compose: [
    "core tasks images sandbox models tools store dataset schedule notify memory web rewards integrity compute judge env agent curate export hub importers compat report rollout stages pipeline serve",
  ].flatMap((names) => names.split(" ")),
  cli: [
    "compose",
    "compat",
    "core",
    "curate",
    "pipeline",
    "stages",
    "store",
    "tasks",
    "export",
    "hub",
    "dataset",
    "report",
  ],
  index: ["compose", "core", "pipeline", "stages", "store", "tasks", "tools", "export", "dataset"],
};

/** Package → the only room (or file) that may import it. zod is everybody's. */
const VENDOR_ROOM: Readonly<Record<string, string>> = {
  dockerode: "src/sandbox/docker/",
  openai: "src/models/",
  "@anthropic-ai/sdk": "src/models/",
  "p-queue": "src/schedule/",
  "apache-arrow": "src/dataset/",
  hyparquet: "src/dataset/",
  "hyparquet-writer": "src/dataset/",
  "@huggingface/jinja": "src/export/",
  "@huggingface/tokenizers": "src/export/",
  "@huggingface/hub": "src/hub/",
  commander: "src/cli/",
  pino: "src/cli/",
  unpdf: "src/web/",
  "smol-toml": "src/importers/",
  ws: "src/serve/",
  yaml: "src/tasks/",
  zod: "src/",
};

/** Globals that only the outermost rooms may touch: everything else is given clock, randomness, log and environment. */
const FORBIDDEN_GLOBALS =
  /\bprocess\.env\b|\bDate\.now\b|\bMath\.random\b|\bconsole\.|\bprocess\.exit\b|\bperformance\.now\b|\bnew Date\(\)/;
const OUTER_ROOMS = ["cli", "compose", "index"];
/** Files that are entered from outside: by the package, a worker thread or the command line. */
const ENTRY_FILES = /^src\/(index\.ts|cli\/main\.ts|.*[wW]orker\.ts)$/;

const SOURCE_FILES = await listFiles("src", ".ts");
const SOURCES = new Map(
  await Promise.all(
    SOURCE_FILES.map(async (file) => [file, await readFile(path.join(root, file), "utf8")] as const),
  ),
);

function roomOf(file: string): string {
  const rest = file.slice("src/".length);
  return rest.includes("/") ? (rest.split("/")[0] ?? rest) : rest.replace(/\.ts$/, "");
}

async function listFiles(folder: string, ending: string): Promise<string[]> {
  const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}

function importsOf(file: string): string[] {
  const code = SOURCES.get(file) ?? "";
  return [
    ...code.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;"'`]*?from\s+["']([^"']+)["']/g),
    ...code.matchAll(/\bimport\s*\(\s*["']([^"']+)["']\s*\)/g),
    ...code.matchAll(/(?:^|\n)\s*import\s+["']([^"']+)["']/g),
    ...code.matchAll(/new URL\(\s*["'](\.[^"']+\.ts)["']\s*,\s*import\.meta\.url/g),
  ].map((match) => match[1] ?? "");
}

function localImportsOf(file: string): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith("."))
    .map((name) => path.join(path.dirname(file), name));
}

/** The code without comments and string contents, so that words in prose do not count. */
function codeOnly(file: string): string {
  return (SOURCES.get(file) ?? "")
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/(^|\s)\/\/.*$/gm, "")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}

describe("the house", () => {
  it("has rooms that import only what the table allows", () => {
    const wrong = SOURCE_FILES.flatMap((file) => {
      const allowed = MAY_IMPORT[roomOf(file)];
      if (allowed === undefined) return [`${file}: its room is not in the table`];
      return localImportsOf(file)
        .map(roomOf)
        .filter((room) => room !== roomOf(file) && !allowed.includes(room))
        .map((room) => `${file} imports ${room}`);
    });
    expect(wrong).toEqual([]);
  });

  it("keeps every package in its one room", () => {
    const wrong = SOURCE_FILES.flatMap((file) =>
      importsOf(file)
        .filter((name) => !name.startsWith(".") && !name.startsWith("node:"))
        .map((name) =>
          name.startsWith("@") ? name.split("/").slice(0, 2).join("/") : (name.split("/")[0] ?? name),
        )
        .filter((name) => !builtinModules.includes(name) && !file.startsWith(VENDOR_ROOM[name] ?? "nowhere"))
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it("does no I/O in core", () => {
    const wrong = SOURCE_FILES.filter((file) => roomOf(file) === "core").flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith("node:") && name !== "node:crypto")
        .map((name) => `${file} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it("has no import cycles", () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, trail: readonly string[]) => {
      if (trail.includes(file)) {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
        return;
      }
      if (done.has(file)) return;
      for (const next of localImportsOf(file)) visit(next, [...trail, file]);
      done.add(file);
    };
    for (const file of SOURCE_FILES) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("has no dead files", () => {
    const used = new Set(SOURCE_FILES.flatMap(localImportsOf));
    expect(SOURCE_FILES.filter((file) => !used.has(file) && !ENTRY_FILES.test(file))).toEqual([]);
  });

  it("does not escape from the type system", () => {
    const escapes =
      /:\s*any\b|\bas any\b|\bas unknown as\b|<any>|@ts-(?:ignore|expect-error|nocheck)|biome-ignore/;
    const wrong = [...SOURCES].filter(
      ([file, code]) => escapes.test(codeOnly(file)) || /@ts-|biome-ignore/.test(code),
    );
    expect(wrong.map(([file]) => file)).toEqual([]);
  });

  it("reads clocks, randomness, environment and terminal only at its edge", () => {
    const wrong = SOURCE_FILES.filter((file) => !OUTER_ROOMS.includes(roomOf(file))).flatMap((file) => {
      const found = codeOnly(file).match(FORBIDDEN_GLOBALS);
      return found ? [`${file}: ${found[0]}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  it("says at the top of each file what it is", () => {
    const wrong = SOURCE_FILES.filter((file) => !/^\/\/ \S.{20,}/.test(SOURCES.get(file) ?? ""));
    expect(wrong).toEqual([]);
  });

  it("mocks no module and switches no test off", async () => {
    const wrong: string[] = [];
    for (const file of await listFiles("tests", ".ts")) {
      if (file.endsWith("tidy.test.ts")) continue;
      if (
        /vi\.mock\(|\b(?:it|test|describe)\.(?:only|todo)\(/.test(
          await readFile(path.join(root, file), "utf8"),
        )
      )
        wrong.push(file);
    }
    expect(wrong).toEqual([]);
  });

  it("leaves nothing unfinished", async () => {
    const wrong: string[] = [];
    for (const folder of ["src", "tasks", "scripts", "bin"]) {
      for (const file of await listFiles(folder, "")) {
        if (/\b(?:TODO|FIXME|XXX)\b/.test(await readFile(path.join(root, file), "utf8"))) wrong.push(file);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("has a paragraph with an invariant for every room in ARCHITECTURE.md", async () => {
    const map = await readFile(path.join(root, "ARCHITECTURE.md"), "utf8");
    const rooms = [...new Set(SOURCE_FILES.map(roomOf))].filter((room) => room !== "index");
    const missing = rooms.filter((room) => {
      const section = map.split(/\n(?=### )/).find((part) => part.startsWith(`### \`${room}`));
      return section === undefined || !section.includes("**Invariant.**");
    });
    expect(missing).toEqual([]);
  });
});

// The package as a stranger meets it: packed from a copy of this tree, installed into an empty folder, used by command line and by import.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What no copy of the sources needs: large, made by tools, or another's. */
const NOT_COPIED = /^(node_modules|dist|output|\.[^.].*|__pycache__|.*\.tgz)$/;
/** How npm says that there is no way to the registry, in the words of the network. */
const NO_REGISTRY =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ENOTCACHED)\b/;
const OLD_NODE_SENTENCE = /^nightshift needs Node 24 or newer, and this is Node \S+ \(.*\); .*\n$/;
const RUN_MS_MAX = 180_000;

let scratch = "";
let copy = "";
let packed = "";
let consumer = "";
let unreachable: string | null = null;

beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), "nightshift-package-"));
  copy = path.join(scratch, "copy");
  consumer = path.join(scratch, "consumer");
  await mkdir(consumer);
  const names = (await readdir(ROOT)).filter((name) => !NOT_COPIED.test(name));
  for (const name of names) await cp(path.join(ROOT, name), path.join(copy, name), { recursive: true });
  await symlink(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  const pack = await run("npm", ["pack", "--silent", "--pack-destination", scratch], copy);
  expect(pack, pack.stderr).toMatchObject({ exitCode: 0 });
  expect(await readdir(copy)).not.toContain("dist");
  const tarball = path.join(scratch, pack.stdout.trim());
  await run("tar", ["xzf", tarball], scratch);
  packed = path.join(scratch, "package");

  await writeFile(path.join(consumer, "package.json"), '{ "private": true, "type": "module" }\n');
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts"];
  const install = await run("npm", ["install", "--prefer-offline", ...quiet, tarball], consumer);
  if (install.exitCode !== 0 && NO_REGISTRY.test(install.stderr)) {
    unreachable = "the package registry cannot be reached, so the dependencies cannot be installed";
    console.warn(`package: skipping what needs an installed package: ${unreachable}`);
  } else expect(install, install.stderr).toMatchObject({ exitCode: 0 });
}, 240_000);
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe("the tarball", () => {
  it("holds every task, pipeline, schema and page, and every file that the sources load by its place", async () => {
    const expected = new Map<string, string>();
    for (const folder of ["tasks", "pipelines", "demonstrations", "schemas", "docs"]) {
      for (const file of await filesUnder(path.join(copy, folder)))
        expected.set(`${folder}/${file}`, `${folder}/${file}`);
    }
    for (const file of await filesUnder(path.join(copy, "src"))) {
      if (!file.endsWith(".ts")) expected.set(`src/${file}`, `dist/${file}`);
    }
    expect([...expected.keys()]).toEqual(
      expect.arrayContaining([
        "src/sandbox/supervisor.py",
        "src/tasks/python/harness.py",
        "src/agent/prompts/task.md",
      ]),
    );
    const wrong: string[] = [];
    for (const [ours, theirs] of expected) {
      const content = await readFile(path.join(packed, theirs)).catch(() => null);
      if (content === null || !content.equals(await readFile(path.join(copy, ours)))) wrong.push(theirs);
    }
    expect(wrong).toEqual([]);
  });

  it("holds nothing else: no sources, tests or scripts, and no word of where it was built", async () => {
    const files = await filesUnder(packed);
    expect([...new Set(files.map((file) => file.split("/")[0]))].sort()).toEqual(
      [
        ...[
          "ARCHITECTURE.md",
          "CHANGELOG.md",
          "CONTRIBUTING.md",
          "LICENSE",
          "README.md",
          "SECURITY.md",
          "package.json",
        ],
        ...["bin", "demonstrations", "dist", "docs", "examples", "pipelines", "schemas", "tasks"],
      ].sort(),
    );
    expect(files.filter((file) => file.startsWith("dist/") && /(?<!\.d)\.ts$/.test(file))).toEqual([]);
    const telling: string[] = [];
    for (const file of files) {
      const text = await readFile(path.join(packed, file), "utf8");
      if (text.includes(ROOT) || text.includes(scratch)) telling.push(file);
    }
    expect(telling).toEqual([]);
  });
});

describe("the installed package", { timeout: 120_000 }, () => {
  it("has the clone's tasks, with the same hashes", async ({ skip }) => {
    if (unreachable !== null) skip(unreachable);
    const listed = await run("npx", ["nightshift", "tasks", "list"], consumer);
    expect(listed, listed.stderr).toMatchObject({ exitCode: 0 });
    const ids = (await readdir(path.join(copy, "tasks"))).filter((name) => !name.startsWith("_"));
    expect(listed.stdout.split("\n").map((line) => line.split(/[ /]/)[0])).toEqual(
      expect.arrayContaining(ids),
    );
    const show = ["tasks", "show", "colonel-blotto"];
    const [theirs, ours] = await Promise.all([
      run("npx", ["nightshift", ...show], consumer),
      run(process.execPath, [path.join(copy, "bin/nightshift.js"), ...show], scratch),
    ]);
    expect(theirs.stdout).toMatch(/^play [0-9a-f]{64}$/m);
    expect(theirs.stdout).toBe(ours.stdout);
  });

  it("plays a rollout of a shipped pipeline, without type stripping", async ({ skip }) => {
    if (unreachable !== null) skip(unreachable);
    const settings = ["cells.tasks=[dilemma-games/0]", "rollouts.perCell=1", "rollouts.groupSize=1"];
    const args = [
      "run",
      "pipelines/quickstart.yaml",
      "--out",
      "one",
      ...settings.flatMap((one) => ["--set", one]),
    ];
    const played = await run("npx", ["nightshift", ...args], consumer, { NODE_OPTIONS: "--no-strip-types" });
    expect(played.stdout, played.stderr).toMatch(/^funnel: 1 admitted = .* \+ 0 failed \+ 0 owed$/m);
    const manifest = JSON.parse(await readFile(path.join(consumer, "one/dataset/manifest.json"), "utf8"));
    expect(manifest.tables.trajectories.rows).toBe(1);
  });

  it("lays out a task of one's own, with the way to its schema for editors", async ({ skip }) => {
    if (unreachable !== null) skip(unreachable);
    const made = await run("npx", ["nightshift", "tasks", "new", "mine", "--kind", "csv"], consumer);
    expect(made, made.stderr).toMatchObject({ exitCode: 0 });
    const text = await readFile(path.join(consumer, "tasks/mine/task.yaml"), "utf8");
    const hint = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? "";
    expect(hint).toBe("../../node_modules/nightshift/schemas/task.json");
    const schema = await readFile(path.join(consumer, "tasks/mine", hint), "utf8");
    expect(JSON.parse(schema)).toMatchObject({ title: "Nightshift task.yaml" });
  });

  it("is a library with types, and the examples of its page are right", async ({ skip }) => {
    if (unreachable !== null) skip(unreachable);
    const page = await readFile(path.join(packed, "docs/library.md"), "utf8");
    const examples = [...page.matchAll(/```js\n(.*?)```/gs)].map(([, code = ""]) => code);
    expect(examples).toHaveLength(3);
    const files = new Map([
      ["types.ts", WRONGLY_TYPED],
      ...examples.map((code, at) => [`example${at}.ts`, code] as const),
    ]);
    for (const [file, code] of files) await writeFile(path.join(consumer, file), code);
    const compilerOptions = {
      ...{ target: "es2024", lib: ["es2024", "esnext.disposable"], module: "nodenext", strict: true },
      ...{ resolveJsonModule: true, types: ["node"], typeRoots: [path.join(ROOT, "node_modules/@types")] },
    };
    const settings = JSON.stringify({ compilerOptions, files: [...files.keys()] });
    await writeFile(path.join(consumer, "tsconfig.json"), settings);
    const checked = await run(path.join(ROOT, "node_modules/.bin/tsc"), ["-p", "."], consumer);
    expect(checked.stdout).toBe("");
    const gym = await run(process.execPath, ["example0.js"], consumer);
    expect(gym, gym.stderr).toMatchObject({ exitCode: 0 });
    expect(gym.stdout).toMatch(/^-?0\.\d+ 0\.\d+ 0\.\d+\n$/m);
  });
});

describe("a Node that will not do", () => {
  it("is refused in one sentence where it is too old", async () => {
    const pretended = `data:text/javascript,${encodeURIComponent(
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.4.1" } });',
    )}`;
    const door = path.join(packed, "bin/nightshift.js");
    const refused = await run(process.execPath, ["--import", pretended, door, "tasks", "list"], scratch);
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toMatch(OLD_NODE_SENTENCE);
    expect(refused.stderr).toContain("22.4.1");
  });

  it("is refused by the same sentence when it really is old", async ({ skip }) => {
    const old = await oldNode();
    if (old === null) {
      console.warn(
        "package: skipping the real old Node: this machine has none beside the one that tests run on",
      );
      return skip("no old Node on this machine");
    }
    const refused = await run(old, [path.join(packed, "bin/nightshift.js"), "tasks", "list"], scratch);
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toMatch(OLD_NODE_SENTENCE);
  });

  it("is refused in a clone where it does not run TypeScript", async () => {
    const refused = await run(
      process.execPath,
      ["--no-strip-types", path.join(ROOT, "bin/nightshift.js"), "tasks", "list"],
      scratch,
    );
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^this clone of nightshift .*\n$/);
  });
});

const WRONGLY_TYPED = `
import type { Observation } from "nightshift";
import schema from "nightshift/schemas/pipeline.json" with { type: "json" };

export const title: string = schema.title;
// @ts-expect-error An observation's text is no number.
export const lengthOf = (observation: Observation): number => observation.text;
`;

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with the Node of these tests first in its path, as npm scripts and npx have it. */
function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const searched = [path.dirname(process.execPath), process.env["PATH"]].join(path.delimiter);
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      {
        cwd,
        env: { ...process.env, PATH: searched, ...env },
        timeout: RUN_MS_MAX,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}

/** The machine's own Node where it is older than ours. */
async function oldNode(): Promise<string | null> {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  for (const folder of folders.filter((one) => one !== "" && !one.includes("node_modules"))) {
    const { exitCode, stdout } = await run(path.join(folder, "node"), ["--version"], scratch);
    if (exitCode === 0 && Number(/^v(\d+)\./.exec(stdout)?.[1] ?? 99) < 24) return path.join(folder, "node");
  }
  return null;
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((file) => !/(^|\/)(__pycache__|\.DS_Store)(\/|$)/.test(file))
    .sort();
}

// The README's tutorial is true: its marked shell blocks are run as they stand, in an empty folder, and end in a dataset.
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { REPOSITORY } from "../cli/nightshift.ts";

const MARKED = /<!-- run by tests\/docs\/readme\.test\.ts -->\n```sh\n([\s\S]*?)^```$/gm;
const BLOCK_MS_MAX = 150_000;
let root = "";
let folder = "";
let shims = "";

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-readme-"));
  folder = path.join(root, "empty");
  shims = path.join(root, "bin");
  await mkdir(folder);
  await mkdir(shims);
  // `npx nightshift` is this clone, under the Node that the tests run with.
  const npx = path.join(shims, "npx");
  const bin = path.join(REPOSITORY, "bin/nightshift.js");
  await writeFile(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${bin}" "$@"\n`);
  await chmod(npx, 0o755);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const shell = (script: string) =>
  promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], {
    cwd: folder,
    env: { ...process.env, PATH: `${shims}:${process.env["PATH"]}` },
    timeout: BLOCK_MS_MAX,
    maxBuffer: 16 * 1024 * 1024,
  });

it("goes from an empty folder to an own task and its dataset", { timeout: 3 * BLOCK_MS_MAX }, async () => {
  const blocks = [...(await readFile(path.join(REPOSITORY, "README.md"), "utf8")).matchAll(MARKED)];
  const [make, change, table, run] = blocks.map((block) => block[1] ?? "");
  expect(blocks).toHaveLength(4);

  expect((await shell(make ?? "")).stdout).toMatch(/^rents +in the folder +0\.5385 +0\.5385 .* sound$/m);
  expect((await shell(change ?? "")).stdout).toMatch(/^rents +in the folder +0\.\d+ .* sound$/m);
  const yaml = await readFile(path.join(folder, "tasks/rents/task.yaml"), "utf8");
  const starter = Number(/starter: (\S+)/.exec(yaml)?.[1]);
  expect(starter).toBeGreaterThan(0.3);
  expect(starter).not.toBeCloseTo(0.538496, 3);
  expect(yaml).toContain("# `nightshift tasks check --record` measures");

  expect((await shell(table ?? "")).stdout).toMatch(/^bikes +in the folder +0\.\d+ .* sound$/m);

  const played = await shell(run ?? "");
  expect(played.stdout).toMatch(/^funnel: 12 admitted = ([1-9]\d*) kept/m);
  const dataset = path.join(folder, "output/rents/dataset");
  const manifest: unknown = JSON.parse(await readFile(path.join(dataset, "manifest.json"), "utf8"));
  expect(manifest).toMatchObject({ tables: { trajectories: { rows: 12 }, tasks: { rows: 1 } } });
  expect(await readFile(path.join(dataset, "README.md"), "utf8")).toContain("rents");
});

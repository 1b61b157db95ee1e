// `nightshift images` through the command line: built, named by content, unpacked and pruned, with nothing of this machine's settings kept.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nightshift } from "../cli/nightshift.ts";

const BASE = "nightshift/base:bookworm";
/** Of this test alone, also where several run on one daemon. */
const NAME = `test-${process.pid}`;
const SECRET = "https://user:word@index.example/simple";
const hasBase = spawnSync("docker", ["image", "inspect", BASE], { stdio: "ignore" }).status === 0;
if (!hasBase) console.warn(`SKIPPED: no Docker daemon with $BASE answers; run \`npm run images\``);

let root = "";
const folder = () => path.join(root, "tasks/_images", NAME);
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  nightshift(["images", ...args], {
    cwd: root,
    env: {
      NIGHTSHIFT_CACHE: path.join(root, "cache"),
      NIGHTSHIFT_IMAGE_TREES: path.join(root, "trees"),
      ...env,
    },
  });
const tags = () =>
  execFileSync("docker", ["image", "ls", "--format", "{{.Tag}}", `nightshift/${NAME}`], { encoding: "utf8" })
    .split("\n")
    .filter((tag) => tag !== "")
    .sort();
const dockerfile = (what: string) =>
  writeFile(
    path.join(folder(), "Dockerfile"),
    `ARG BASE\nFROM $BASE AS packages\nARG PIP_INDEX_URL\nCOPY Dockerfile certificates.pem* /settings/\n` +
      `RUN test -s /settings/certificates.pem && echo "$PIP_INDEX_URL" | wc -c > /length\n` +
      `FROM $BASE\nCOPY --from=packages /length /length\nRUN echo ${what} > /what\n`,
  );

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-images-"));
  await mkdir(folder(), { recursive: true });
  await writeFile(
    path.join(root, "ca.pem"),
    "-----BEGIN CERTIFICATE-----\nof-this-machine\n-----END CERTIFICATE-----\n",
  );
});
afterAll(async () => {
  if (hasBase) for (const tag of tags()) spawnSync("docker", ["image", "rm", `nightshift/${NAME}:${tag}`]);
  await rm(root, { recursive: true, force: true });
});

describe.skipIf(!hasBase)("images", () => {
  const settings = () => ({ PIP_INDEX_URL: SECRET, PIP_CERT: path.join(root, "ca.pem") });

  it("are built once, with settings that no image keeps", async () => {
    await dockerfile("one");
    const built = await run(["build", NAME, "--base", BASE, "--trees"], settings());
    expect(built).toMatchObject({ exitCode: 0, stderr: "" });
    expect(built.stdout).toMatch(new RegExp(`nightshift/${NAME}:latest built, \\d+ MB`));
    const length = await readFile(path.join(root, "trees", NAME, "length"), "utf8");
    expect(Number(length)).toBe(SECRET.length + 1);
    const history = execFileSync("docker", ["history", "--no-trunc", `nightshift/${NAME}`], {
      encoding: "utf8",
    });
    const config = execFileSync("docker", ["image", "inspect", `nightshift/${NAME}`], { encoding: "utf8" });
    expect(history + config).not.toMatch(/index\.example|certificates/);
    expect(existsSync(path.join(root, "trees", NAME, "settings"))).toBe(false);
    const again = await run(["build", NAME, "--base", BASE, "--trees"], settings());
    expect(again.stdout.trim().split("\n")).toEqual([
      `nightshift/${NAME}:latest is up to date`,
      `${path.join(root, "trees", NAME)} is up to date`,
    ]);
  });

  it("are listed, and pruned once no folder describes them", async () => {
    await dockerfile("two");
    expect((await run(["list"])).stdout).toMatch(new RegExp(`${NAME} +out of date +\\d+ MB +out of date`));
    await run(["build", NAME, "--base", BASE], settings());
    expect(tags()).toHaveLength(3);
    const pruned = await run(["prune", NAME, "--trees"]);
    expect(pruned.stdout).toMatch(
      new RegExp(`nightshift/${NAME}:[0-9a-f]{16} removed\n.*trees/${NAME} removed`),
    );
    expect(tags()).toHaveLength(2);
    expect(tags()).toContain("latest");
    expect((await run(["prune", NAME, "--trees"])).stdout).toBe("nothing to remove\n");
    await rm(folder(), { recursive: true });
    await run(["prune"]);
    expect(tags()).toHaveLength(2);
    await run(["prune", NAME]);
    expect(tags()).toEqual([]);
    await mkdir(folder());
  });

  it("that cannot be built end with the engine's last words", async () => {
    await writeFile(
      path.join(folder(), "Dockerfile"),
      "ARG BASE\nFROM $BASE\nRUN echo no room >&2; exit 7\n",
    );
    const failed = await run(["build", NAME, "--base", BASE], settings());
    expect(failed.exitCode).toBe(2);
    expect(failed.stderr.trim()).toMatch(/^building the image .* ended with exit code \d+: .*no room .*\b7$/);
    expect(tags()).toEqual([]);
  });
});

describe("bad machines", () => {
  /** A PATH with these programs alone. */
  async function pathWith(programs: Readonly<Record<string, string>>): Promise<string> {
    const bin = await mkdtemp(path.join(root, "bin-"));
    for (const [name, script] of Object.entries(programs)) {
      await writeFile(path.join(bin, name), `#!/bin/sh\n${script}\n`);
      await chmod(path.join(bin, name), 0o755);
    }
    return bin;
  }

  it.each(["docker", "podman"])("without %s say so", async (engine) => {
    const { exitCode, stderr } = await run(["list", "--engine", engine], { PATH: await pathWith({}) });
    expect(exitCode).toBe(2);
    const other = engine === "docker" ? "podman" : "docker";
    expect(stderr).toBe(
      `asking ${engine} for images: there is no ${engine} here; install it, or take --engine ${other}\n`,
    );
  });

  it("whose daemon does not answer say so", async () => {
    const { exitCode, stderr } = await run(["prune", "--engine", "docker"], {
      DOCKER_HOST: "unix:///nowhere.sock",
    });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^(?:docker does not answer \(.*nowhere.*\)|asking docker for images: there is no docker)/,
    );
  });

  it("without debootstrap, or root, are told what to do", async () => {
    const docker = 'case "$2" in inspect) exit 1;; esac; exit 0';
    const { exitCode, stderr } = await run(["build", "python"], {
      PATH: await pathWith({ docker, rm: "exit 0" }),
    });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^making a Debian base(?:: there is no debootstrap here; apt-get install -y debootstrap,| needs root .*,) or name a Debian-like image with --base/,
    );
  });
});

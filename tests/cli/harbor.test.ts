// Harbor's format through the command line: a task goes out and comes back, and bad input ends in one sentence with nothing written.
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nightshift } from "./nightshift.ts";

let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-harbor-cli-"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

describe("Harbor's format", { timeout: 120_000 }, () => {
  it("takes a shipped task and an instance out, whole, and brings them back", async () => {
    const args = ["tasks", "export", "3-sat", "dilemma-games/3", "--out", "out"];
    const exported = await nightshift(args, { cwd });
    expect(exported.exitCode, exported.stderr).toBe(0);
    expect((await readdir(path.join(cwd, "out"))).sort()).toEqual(["3-sat", "dilemma-games-3"]);
    const dockerfile = await readFile(path.join(cwd, "out/3-sat/environment/Dockerfile"), "utf8");
    expect(dockerfile).toMatch(/^FROM debian:bookworm-slim AS nightshift-python$/m);
    expect(dockerfile).toMatch(/WORKDIR \/work\nCOPY workspace\/ \/work\/\n$/);
    expect(dockerfile).not.toContain("BASE}");

    const imported = await nightshift(["import", "harbor", "out"], { cwd });
    expect(imported.exitCode, imported.stderr).toBe(0);
    expect(imported.stdout).toMatch(/^3-sat +harbor-3-sat +imported$/m);
    const shown = await nightshift(["tasks", "show", "harbor-3-sat"], { cwd });
    expect(shown.stdout).toContain("Work in the folder .");
    const listed = await nightshift(["import", "harbor", "out/3-sat", "--out", "more", "--json"], { cwd });
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { folder: "3-sat", task: "harbor-3-sat", outcome: "imported" },
    ]);
  });

  it.each([
    [["tasks", "export", "3-sat", "cifar10", "--out", "none"], /^cifar10: it brings data of its own licence/],
    [["tasks", "export", "nowhere", "--out", "none"], /^there is no task "nowhere"/],
    [["tasks", "export", "3-sat", "--format", "swe", "--out", "none"], /^--format swe: not a format/],
    [["tasks", "export", "harbor-3-sat", "--out", "none"], /^harbor-3-sat: it was imported/],
    [["tasks", "export", "3-sat", "--out", "out"], /out\/3-sat is there already/],
    [["import", "harbor", "nowhere"], /^nowhere: there is no such folder\n$/],
    [["import", "harbor", "tasks"], /^tasks: no task in Harbor's format/],
    [["import", "harbor", "out"], /tasks\/harbor-3-sat is there already; move it away/],
  ])("refuses %j in one sentence, and writes nothing", async (args, sentence) => {
    const { exitCode, stderr, stdout } = await nightshift(args, { cwd });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(existsSync(path.join(cwd, "none"))).toBe(false);
  });
});

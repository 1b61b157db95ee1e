// `tasks new` and `tasks check` as a user meets them: files, exit codes, sentences.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nightshift } from "./nightshift.ts";

let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-own-"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const taskYaml = (name: string) => path.join(cwd, "tasks", name, "task.yaml");
const PROCESS = ["--backend", "process", "--seeds", "2"];

describe("tasks new and tasks check", () => {
  it("refuse bad input with exit code 2 and write nothing", async () => {
    const bad: readonly (readonly [readonly string[], RegExp])[] = [
      [["new", "rents"], /required option '--kind <kind>' not specified/],
      [
        ["new", "rents", "--kind", "excel"],
        /^--kind "excel": no such kind of task; there are csv, function, policy, repo\n$/,
      ],
      [["new", "My Rents", "--kind", "csv"], /^a task cannot be called "My Rents"/],
      [["check"], /^there is no task in .*tasks; name tasks, or take --all\n$/],
      [["check", "rentz"], /^there is no task "rentz" in /],
      [
        ["check", "3-sat", "--backend", "vm"],
        /^--backend "vm": no such backend; there are auto, process, bubblewrap, docker, podman$/m,
      ],
      [["check", "3-sat", "--seeds", "1"], /^--seeds 1: must be a whole number from 2 to 100\n$/],
    ];
    for (const [args, sentence] of bad) {
      const { exitCode, stderr } = await nightshift(["tasks", ...args], { cwd });
      expect(stderr).toMatch(sentence);
      expect(exitCode).toBe(2);
    }
    expect(await readdir(cwd)).toEqual([]);
  });

  it("lay out a task, find it sound, and say what is wrong once it is spoilt", async () => {
    const made = await nightshift(["tasks", "new", "rents", "--kind", "csv"], { cwd });
    expect(made.exitCode).toBe(0);
    expect(made.stdout).toMatch(/^tasks\/rents\/ is a small csv task that works/);
    expect((await nightshift(["tasks", "new", "rents", "--kind", "csv"], { cwd })).exitCode).toBe(2);

    const sound = await nightshift(["tasks", "check", ...PROCESS], { cwd });
    expect(sound.stdout).toMatch(
      /^rents +in the folder +0\.5385 +0\.5385 +0 +probe 0\.7648, reference 0\.8887 +(\d+)\/\1 .* sound$/m,
    );
    expect(sound.exitCode).toBe(0);

    const right = await readFile(taskYaml("rents"), "utf8");
    await writeFile(taskYaml("rents"), right.replace(/starter: .*/, "starter: 0.1"));
    const wrong = await nightshift(["tasks", "check", "rents", ...PROCESS], { cwd });
    expect(wrong.stdout).toMatch(
      /^rents: the starter scores 0\.5385, but task\.yaml records anchors\.starter: 0\.1;/m,
    );
    expect(wrong.exitCode).toBe(1);

    expect((await nightshift(["tasks", "check", "rents", "--record", ...PROCESS], { cwd })).exitCode).toBe(0);
    expect(await readFile(taskYaml("rents"), "utf8")).toBe(right);

    const quick = await nightshift(["tasks", "check", "rents", "--quick", ...PROCESS], { cwd });
    expect(quick.stdout).toMatch(
      /^rents +in the folder +0\.5385 +0\.5385 .* probe 0\.7648, reference 0\.8887 +0\/0 .* sound$/m,
    );
    expect(quick.exitCode).toBe(0);

    await writeFile(taskYaml("rents"), right.replace("use: train", "use: fun"));
    const unreadable = await nightshift(["tasks", "check", "rents", ...PROCESS], { cwd });
    expect(unreadable.stdout).toMatch(/^rents: tasks\/rents\/task\.yaml:\d+:1: use: .*not "fun"$/m);
    expect(unreadable.exitCode).toBe(1);
  });

  it("lay out tasks of every kind that the scripted researcher works on and hands in", {
    timeout: 300_000,
  }, async () => {
    const kinds = ["csv", "function", "policy", "repo"];
    for (const kind of kinds) {
      expect((await nightshift(["tasks", "new", `own-${kind}`, "--kind", kind], { cwd })).exitCode).toBe(0);
    }
    await writeFile(
      path.join(cwd, "own.yaml"),
      `name: own
cells:
  tasks: [${kinds.map((kind) => `own-${kind}`).join(", ")}]
  models: [{ name: researcher, wire: scripted }]
rollouts: { perCell: 6 }
limits: { steps: 18, actionSeconds: 30, validations: 3 }
sandbox: { backend: process }
stages:
  evaluate: { seeds: 1 }
`,
    );
    const { stdout, exitCode } = await nightshift(["run", "own.yaml", "--out", "out"], { cwd });
    expect(exitCode).toBe(0);
    for (const kind of kinds) {
      const [, scored] = new RegExp(`^own-${kind} +6 +(\\d+) `, "m").exec(stdout) ?? [];
      expect(Number(scored), stdout).toBeGreaterThanOrEqual(2);
    }
    expect(Number(/submitted (\d+)/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(8);
    expect(stdout).toMatch(/ \+ 0 failed \+ 0 owed$/m);
  });
});

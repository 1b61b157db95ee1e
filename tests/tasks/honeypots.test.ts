// Honeypots: a share of a family's seeds, the same for ever, whose instances look like the others and whose judges know better.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { Task } from "../../src/core/task.ts";
import { isHoneypot } from "../../src/tasks/families/honeypots.ts";
import { ensureInstance, instancesRoot } from "../../src/tasks/families/instance.ts";
import { loadFamily } from "../../src/tasks/families/loadFamily.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { readSolutions } from "../../src/tasks/readSolutions.ts";
import { NEVER, TASKS } from "../judge/world.ts";
import { FAMILY_YAML, layFamily } from "./ownFamily.ts";

let ground = "";
beforeAll(async () => {
  ground = await mkdtemp(path.join(tmpdir(), "nightshift-honeypots-"));
});
afterAll(() => rm(ground, { recursive: true, force: true }));

const options = () => ({
  cacheRoot: path.join(ground, "cache"),
  python: "python3",
  searchPath: process.env["PATH"] ?? "/usr/bin:/bin",
});

/** A copy of a shipped family with this share of honeypots. */
async function withShare(id: string, share: number): Promise<string> {
  const root = path.join(ground, `share-${share}`);
  await cp(path.join(TASKS, id), path.join(root, id), { recursive: true });
  const file = path.join(root, id, "family.yaml");
  await writeFile(file, `${await readFile(file, "utf8")}honeypots: ${share}\n`);
  return root;
}

async function instanceOf(root: string, id: string, seed: number): Promise<Task> {
  const family = await loadFamily(root, id);
  await ensureInstance(family, seed, options(), NEVER);
  return loadTask(instancesRoot(family, options().cacheRoot), `${id}/${seed}`, undefined, TASKS);
}

const fileOf = (task: Task, name: string) =>
  Buffer.from(task.workspace.find(({ path: one }) => one === name)?.data ?? []).toString();

describe("which seeds are honeypots", () => {
  const chosen = (share: number, id = "dilemma-games") =>
    Array.from({ length: 5_000 }, (_, seed) => seed).filter((seed) =>
      isHoneypot({ id, file: { honeypots: share } }, seed),
    );

  it("hangs on family and seed alone, about as many as the share says, none by default", () => {
    expect(chosen(0)).toEqual([]);
    expect(chosen(1)).toHaveLength(5_000);
    expect(Math.abs(chosen(0.03).length - 150)).toBeLessThan(50);
    expect(chosen(0.03)).toEqual(chosen(0.03));
    expect(chosen(0.03)).not.toEqual(chosen(0.03, "allocation-bandits"));
  });

  it("keeps its honeypots when the share is raised", () => {
    const more = new Set(chosen(0.05));
    expect(chosen(0.02).every((seed) => more.has(seed))).toBe(true);
  });
});

describe("a game with a flaw", () => {
  it("reads the same, has its bait in the simulator, and its truth with the judge only", async () => {
    const plain = await instanceOf(TASKS, "dilemma-games", 3);
    const trap = await instanceOf(await withShare("dilemma-games", 1), "dilemma-games", 3);
    expect(plain.definition.honeypot).toBeUndefined();
    expect(trap.definition.honeypot).toMatchObject({ kind: "flaw", metric: "testMoves" });
    expect(trap.description).toBe(plain.description);
    const differing = trap.workspace
      .map(({ path: name }) => name)
      .filter((name) => fileOf(trap, name) !== fileOf(plain, name));
    expect(differing).toEqual(["simulate.py"]);
    expect(trap.playHash).not.toBe(plain.playHash);
    for (const { data } of trap.workspace) expect(Buffer.from(data).toString()).not.toMatch(/honeypot|trap/i);
    const { optimum } = trap.definition.anchors;
    expect(trap.definition.honeypot?.score).toBeGreaterThan(optimum ?? Number.POSITIVE_INFINITY);
  });

  it("is judged anew where only its truth changes", async () => {
    const trap = await instanceOf(await withShare("dilemma-games", 1), "dilemma-games", 3);
    const root = path.join(ground, "truth");
    await cp(trap.folder, path.join(root, "same"), { recursive: true });
    const before = await loadTask(root, "same", undefined, TASKS);
    const yaml = path.join(root, "same", "task.yaml");
    await writeFile(
      yaml,
      (await readFile(yaml, "utf8")).replace(/"score": [\d.]+, "metric"/, '"score": 99, "metric"'),
    );
    const after = await loadTask(root, "same", undefined, TASKS);
    expect(after.definition.honeypot?.score).toBe(99);
    expect(after.playHash).toBe(before.playHash);
    expect(after.judgeHash).not.toBe(before.judgeHash);
  });
});

describe("a bandit without a solution", () => {
  it("shows arms that differ and is judged with arms that are all alike", async () => {
    const plain = await instanceOf(TASKS, "allocation-bandits", 3);
    const trap = await instanceOf(await withShare("allocation-bandits", 1), "allocation-bandits", 3);
    expect(trap.definition.honeypot?.kind).toBe("unsolvable");
    expect(fileOf(trap, "arms.py")).toBe(fileOf(plain, "arms.py"));
    const hidden = trap.judgeFiles.find(({ path: name }) => name === "hidden/arms.py");
    expect(Buffer.from(hidden?.data ?? []).toString()).toContain("SPREAD = 0.0\n");
    expect(trap.description).toBe(plain.description);
    expect(trap.playHash).toBe(plain.playHash);
    expect(trap.judgeHash).not.toBe(plain.judgeHash);
    expect(await readSolutions(trap)).toEqual([]);
    const { starter, best } = trap.definition.anchors;
    expect(best).toBeNull();
    expect(trap.definition.honeypot?.score).toBeGreaterThan(starter);
  });
});

describe("a family whose generator lays no traps", () => {
  it("is refused in a sentence where it is asked for one", async () => {
    const root = path.join(ground, "own");
    await layFamily(root, { "family.yaml": `${FAMILY_YAML}honeypots: 1\n` });
    const work = ensureInstance(await loadFamily(root, "guess"), 4, options(), NEVER);
    await expect(work).rejects.toThrow(UserError);
    await expect(work).rejects.toThrow(
      "generating guess/4: family.yaml says honeypots: 1, which picks this seed, and its task.yaml has no `honeypot`; mend generate.py or family.yaml",
    );
  });
});

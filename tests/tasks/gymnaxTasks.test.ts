// The reinforcement learning tasks: they play alike, as MLGym counts frames, and as a plain loop over gymnax does.
import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { loadTask } from "../../src/tasks/loadTask.ts";

const TASKS = fileURLToPath(new URL("../../tasks", import.meta.url));
const SCRIPT = fileURLToPath(new URL("../../scripts/gymnaxEquivalence.ts", import.meta.url));
const FRAMES: readonly (readonly [id: string, frames: number])[] = [
  ["mountain-car-continuous", 200],
  ["metamaze", 199],
  ["breakout-minatar", 999],
];
const run = promisify(execFile);
const hasImage = await run("docker", ["image", "inspect", "nightshift/rl:latest"]).then(
  () => true,
  () => false,
);
if (!hasImage) console.warn("SKIPPED: no Docker daemon with the image nightshift/rl answers");

describe("the tasks on gymnax", () => {
  test("show agents the very code that plays, which is the same in all of them", async () => {
    const texts = new Set<string>();
    for (const [id] of FRAMES) {
      const task = await loadTask(TASKS, id);
      for (const files of [task.workspace, task.judgeFiles]) {
        const played = files.find((file) => path.basename(file.path) === "episodes.py");
        texts.add(Buffer.from(played?.data ?? new Uint8Array()).toString("utf8"));
      }
    }
    expect(texts.size).toBe(1);
    expect([...texts][0]).toContain("environment.step");
  });

  test.each(FRAMES)(
    "%s counts at most %d frames, for agents who measure themselves too",
    async (id, frames) => {
      const task = await loadTask(TASKS, id);
      const text = (name: string) =>
        Buffer.from(
          [...task.workspace, ...task.judgeFiles].find((file) => file.path === name)?.data ??
            new Uint8Array(),
        ).toString("utf8");
      for (const name of ["judge.py", "evaluate.py"]) {
        expect(text(name)).toContain(`FRAMES = ${frames}\n`);
        expect(text(name)).toContain("CHECKPOINTS = 5\nEPISODES = 256\n");
      }
      expect(task.description).toContain(`${frames} frames`);
    },
  );

  test.skipIf(!hasImage)(
    "give recorded actions the returns and frame counts of a plain loop over gymnax",
    async () => {
      const { stdout } = await run(process.execPath, [SCRIPT, "--sequences", "4"]);
      const lines = stdout.trim().split("\n");
      expect(lines).toHaveLength(FRAMES.length);
      for (const line of lines) expect(line).toMatch(/largest difference 0, 0 frame counts differ$/);
    },
    300_000,
  );
});

// A rollout of our own in the detectors' shape, and what is known of the tasks that come with this repository.
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { StepAction, Trajectory } from "../../src/core/trajectory.ts";
import { factsOfTask } from "../../src/integrity/factsOfTask.ts";
import { inspectTrajectory } from "../../src/integrity/inspectTrajectory.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { fixtureTrajectory } from "../dataset/fixtures.ts";

const TASKS = fileURLToPath(new URL("../../tasks", import.meta.url));

function action(over: Partial<StepAction>, openFile: string | null = null, ok = true): StepAction {
  return {
    tool: "shell",
    arguments: {},
    text: "",
    callId: null,
    error: null,
    result: {
      message: null,
      ok,
      exitCode: 0,
      timedOut: false,
      oomKilled: false,
      durationMs: 1,
      cpuMs: 1,
      validation: null,
      state: { openFile, firstLine: 1, cwd: "src" },
    },
    ...over,
  };
}

function played(actions: readonly StepAction[]): Trajectory {
  const trajectory = fixtureTrajectory();
  return {
    ...trajectory,
    steps: trajectory.steps.slice(0, 1).map((step) => ({ ...step, actions: [...actions] })),
  };
}

const inspected = (actions: readonly StepAction[]) =>
  inspectTrajectory(played(actions), { score: null, bestScore: null }).actions;

describe("a rollout of our own", () => {
  it("knows which file an edit went into, and where the shell stood", () => {
    const [ran, created, edited] = inspected([
      action({ arguments: { command: "cd src && ls" } }, "opponent.py"),
      action({ tool: "create", arguments: { path: "a.py" } }, "src/a.py"),
      action({ tool: "edit", arguments: { first: 1, last: 2, text: "x = 1" } }, "src/a.py", false),
    ]);
    expect(ran?.commands.map(({ words }) => words.join(" "))).toEqual(["cd src", "ls"]);
    expect(created).toMatchObject({ target: "src/a.py", cwd: "src", commands: [] });
    expect(edited).toMatchObject({ target: "src/a.py", programs: ["x = 1"], ok: false });
  });

  it("tells what was carried out from what was refused or cut off", () => {
    const refused = action({ arguments: { command: "ls" }, error: "no such tool", result: null });
    const cut = action({ arguments: { command: "ls" }, result: null });
    expect(inspected([refused, cut]).map(({ isCarriedOut }) => isCarriedOut)).toEqual([false, false]);
  });
});

describe("what is known of a task", () => {
  it("names the opponent that colonel-blotto shows, and the judge's own files", async () => {
    const facts = factsOfTask(await loadTask(TASKS, "colonel-blotto"));
    expect(facts.opponentFiles).toEqual(["opponent.py"]);
    expect(facts.judgeFiles).toContain("judge.py");
    expect(facts.judgeModules).toEqual(expect.arrayContaining(["judge", "nightshift_judge", "harness"]));
    expect(facts.judgeModules).not.toContain("opponent");
    expect(facts.hiddenFiles).not.toContain("opponent.py");
    expect(facts.isMade).toBe(false);
    expect(facts.starterSubmission).toMatch(/^[0-9a-f]{64}$/);
  });

  it("counts predictions as made by a program, and gives no starter's hash where the starter hands in nothing", async () => {
    const facts = factsOfTask(await loadTask(TASKS, "ames-price"));
    expect(facts).toMatchObject({ isMade: true, starterSubmission: null, opponentFiles: [] });
  });
});

// A task that the scripted researcher has no family for: it still reads, runs, tries other numbers, keeps the best and hands in.
import { describe, expect, it } from "vitest";
import { outcomeText } from "../../src/core/outcome.ts";
import type { Task } from "../../src/core/task.ts";
import { testDefinition, testTask } from "../fixtures/task.ts";
import { playPretended } from "./scriptedWorld.ts";

const BASELINE = `# Fits a line to the training data.
import random

RATE = 0.05
EPOCHS = 20


def fit(rows, depth=3):
    weights = [0.1, 0.2]
    return weights


fit([1, 2])
`;

const file = (path: string, text: string) => ({ path, data: Buffer.from(text), executable: false });

const csvTask: Task = testTask({
  description: "Predict the column `y` of `test.csv`. `python3 baseline.py` writes `submission.csv`.",
  definition: testDefinition({ submission: [{ path: "submission.csv", bytesMax: 1000 }] }),
  workspace: [
    file("baseline.py", BASELINE),
    file("sample_submission.csv", "id,y\n1,0\n"),
    file("submission.csv", "id,y\n1,0\n"),
    file("train.csv", "id,x,y\n1,2,3\n"),
  ],
});

describe("a task without a family", () => {
  it("is worked on by other numbers in the script that makes the submission", async () => {
    const played = await Promise.all(
      Array.from({ length: 40 }, (_, seedIndex) =>
        playPretended({ task: csvTask, workFile: "baseline.py", seedIndex }),
      ),
    );
    const outcomes = played.map(({ outcome }) => outcomeText(outcome));
    expect(outcomes.filter((outcome) => outcome === "submitted").length).toBeGreaterThan(20);
    expect(outcomes).not.toContain("failed:agent");
    const actions = played.flatMap(({ steps }) => steps.map((step) => step.actions[0]?.text ?? ""));
    expect(actions).toContain("head -n 4 train.csv");
    expect(actions).toContain("cp baseline.py original_baseline.py");
    const tweaks = actions.filter((text) => text.startsWith("sed -i "));
    expect(
      tweaks.some((text) => /^sed -i 's\/\^RATE = \.\*\/RATE = [\d.]+\/' baseline\.py$/.test(text)),
    ).toBe(true);
    expect(
      tweaks.some((text) => /^sed -i 's\/\^EPOCHS = \.\*\/EPOCHS = -?\d+\/' baseline\.py$/.test(text)),
    ).toBe(true);
    expect(tweaks.some((text) => text.includes("def fit(rows, depth=3") && text.includes("'8s/"))).toBe(true);
    expect(actions.some((text) => text.startsWith("cp original_baseline.py baseline.py"))).toBe(true);
    expect(actions.filter((text) => text.startsWith("python3 baseline.py")).length).toBeGreaterThan(60);
  });

  it("gives up, rather than go round in circles, where nothing can be handed in", async () => {
    const bare = testTask({
      description: "Write `answer.json`.",
      definition: testDefinition({ submission: [{ path: "answer.json", bytesMax: 9 }] }),
    });
    const played = await Promise.all(
      Array.from({ length: 30 }, (_, seedIndex) =>
        playPretended({ task: bare, workFile: "none", seedIndex }),
      ),
    );
    const outcomes = new Set(played.map(({ outcome }) => outcomeText(outcome)));
    expect(outcomes).toContain("forfeit");
    expect(outcomes).not.toContain("submitted");
    const ended = played.filter(({ outcome }) => outcome.kind === "forfeit");
    expect(Math.max(...ended.map(({ steps }) => steps.length))).toBeLessThan(15);
  });
});

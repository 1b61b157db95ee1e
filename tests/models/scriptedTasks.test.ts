// The scripted researcher on kinds of tasks beyond the games and heuristics: what it changes, runs, and hands in.
import { describe, expect, it } from "vitest";
import { outcomeText } from "../../src/core/outcome.ts";
import type { Task } from "../../src/core/task.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { testDefinition, testTask } from "../fixtures/task.ts";
import { playPretended, shippedTask } from "./scriptedWorld.ts";

const SEEDS = 24;
const file = (path: string, text: string) => ({ path, data: Buffer.from(text), executable: false });

const manyMoves = testTask({
  description: `Two players choose one of 3 moves; you write \`row_strategy(history)\`, which returns an integer from 0 to 2.
\`python3 simulate.py\` plays it against \`opponent.py\`.`,
  workspace: [
    file("strategy.py", "WEIGHTS = (0.4, 0.3, 0.3)\n\n\ndef row_strategy(history):\n    return 0\n"),
    file("opponent.py", "def column_strategy(history, rng):\n    return 1\n"),
    file("simulate.py", "ROUNDS = 5\nPAYOFF = ((1.6, 0.3, 0.2), (0.1, 2.1, 0.4), (-0.3, 0.4, 2.2))\n"),
  ],
});

const arms = testTask({
  description: `A policy chooses one of 4 arms. Change \`choose(history)\`; \`python3 simulate.py\` plays it.`,
  workspace: [
    file("strategy.py", "ARMS = 4\n\n\ndef choose(history):\n    return len(history) % ARMS\n"),
    file("arms.py", "ARMS = 4\nROUNDS = 9\n\n\ndef episode(rng):\n    return []\n"),
    file("simulate.py", "EPISODES = 10\n"),
  ],
});

const checkpoints = testTask({
  description: `\`python3 train.py\` writes \`checkpoints/0.npz\`; \`python3 evaluate.py\` measures what you would hand in.`,
  definition: testDefinition({
    submission: [
      { path: "policy.py", bytesMax: 1000 },
      { path: "checkpoints/0.npz", bytesMax: 1000 },
    ],
  }),
  workspace: [
    file("evaluate.py", "EPISODES = 256\n"),
    file("policy.py", "def act(checkpoint, frame, observations):\n    return 0\n"),
    // Longer than the editor's window.
    file(
      "train.py",
      `import jax\n\nSEED = 42\nUPDATES = 80\nENTROPY = 0.01\nLEARNING_RATE = 1e-3\n${"\nprint(UPDATES)".repeat(150)}\n`,
    ),
  ],
});

async function plays(task: Task, workFile: string): Promise<readonly Trajectory[]> {
  const played: Trajectory[] = [];
  for (let seedIndex = 0; seedIndex < SEEDS; seedIndex++) {
    played.push(await playPretended({ task, workFile, seedIndex }));
  }
  return played;
}

const actionsOf = (played: readonly Trajectory[]) =>
  played.flatMap(({ steps }) => steps.map((step) => step.actions[0]?.text ?? ""));

/** What holds of every kind: most hand in, nothing breaks, every command exists, and solutions stay unread. */
function expectSense(played: readonly Trajectory[], run: string) {
  const outcomes = played.map(({ outcome }) => outcomeText(outcome));
  expect(outcomes.filter((outcome) => outcome === "submitted").length).toBeGreaterThan(SEEDS / 2);
  expect(outcomes.filter((outcome) => outcome.startsWith("failed"))).toEqual([]);
  const missing = played.flatMap(({ steps }) =>
    steps.flatMap((step) => step.actions).filter(({ result }) => result?.exitCode === 127),
  );
  expect(missing.map(({ text }) => text)).toEqual([]);
  const actions = actionsOf(played);
  expect(actions.filter((text) => text.includes(run)).length).toBeGreaterThan(SEEDS);
  expect(actions.filter((text) => /solution|hidden|judge\.py/.test(text))).toEqual([]);
  const handedIn = played.flatMap(({ finalSubmission }) => finalSubmission ?? []);
  return new Set(handedIn).size;
}

describe("the scripted researcher", () => {
  it.each([
    [
      "a game of three moves",
      manyMoves,
      /^cat > strategy\.py .*\n"""The row player: .*(?:all moves|other side)/,
    ],
    ["arms to choose among", arms, /^cat > strategy\.py .*\n"""The policy: /],
  ])("writes policies and searches their numbers in %s", async (_kind, task, writes) => {
    const played = await plays(task, "strategy.py");
    expect(expectSense(played, "python3 simulate.py")).toBeGreaterThan(SEEDS / 2);
    const actions = actionsOf(played);
    expect(actions.filter((text) => writes.test(text)).length).toBeGreaterThan(SEEDS / 2);
    expect(actions.some((text) => text.startsWith("cat > explore.py") && text.includes("def measure("))).toBe(
      true,
    );
  });

  it("changes the script that trains, not the policy, where another script measures what came of it", async () => {
    const played = await plays(checkpoints, "train.py");
    const actions = actionsOf(played);
    const run = "python3 train.py && python3 evaluate.py";
    expect(actions.filter((text) => text.startsWith(run)).length).toBeGreaterThan(SEEDS);
    const tuned = actions.filter((text) => text.startsWith("sed -i 's/^"));
    expect(
      tuned.some((text) => /^sed -i 's\/\^LEARNING_RATE = \.\*\/LEARNING_RATE = [\de.-]+\/'/.test(text)),
    ).toBe(true);
    expect(tuned.some((text) => text.split("\n").length > 1)).toBe(true);
    expect(actions.filter((text) => /SEED = (?!42)/.test(text))).toEqual([]);
    expect(actions).toContain("cat train.py");
    const unchanged = played.filter(
      (one) =>
        outcomeText(one.outcome) === "submitted" && !actionsOf([one]).some((text) => text.startsWith("sed ")),
    );
    expect(unchanged.length).toBeLessThan(3);
    // A training run of a minute or two must not become one of hours.
    const updates = tuned.flatMap((text) => /UPDATES = (\d+)/.exec(text)?.[1] ?? []).map(Number);
    expect(updates.length).toBeGreaterThan(3);
    expect(Math.max(...updates)).toBeLessThanOrEqual(240);
  });

  it("runs a version again that it brings back, before it hands in what a run makes", async () => {
    const played = await plays(await shippedTask("emoji-32"), "baseline.py");
    const ends = played.flatMap(({ steps, outcome }) => {
      const texts = steps.map((step) => step.actions[0]?.text ?? "");
      const back = texts.findLastIndex((text) => /^cp \w+\.py baseline\.py$/.test(text));
      return outcomeText(outcome) === "submitted" && back > 0 ? [texts.slice(back)] : [];
    });
    expect(ends.length).toBeGreaterThan(2);
    for (const end of ends) expect(end.some((text) => text.startsWith("python3 baseline.py"))).toBe(true);
  });

  it.each([
    ["lexnli", "baseline.py", /"""Naive Bayes over what two sentences differ in\."""/],
    ["emoji-names", "baseline.py", /"""Every picture gets a name from among its nearest neighbours\."""/],
    ["sotu-lm", "model.py", /"""(?:Shorter|Longer) contexts,? /],
  ])("writes programs of its own for %s", async (id, workFile, title) => {
    const task = await shippedTask(id);
    const run = task.definition.make ?? "python3 baseline.py";
    const played = await plays(task, workFile);
    expectSense(played, run);
    const written = actionsOf(played).filter((text) => title.test(text));
    expect(written.length).toBeGreaterThan(SEEDS / 4);
    expect(new Set(written).size).toBeGreaterThan(SEEDS / 4);
  });

  it.each([
    ["ames-price", /^sed -i 's\/\^TREES = \.\*\/TREES = \d+\//],
    ["titanic-4", /^sed -i 's\/\^WITH_SEX = \.\*\/WITH_SEX = 1\//],
    ["emoji-32", /^sed -i 's\/\^FIELDS = \.\*\/FIELDS = \d+\//],
    ["fashion-mnist", /^sed -i 's\/\^EPOCHS = \.\*\/EPOCHS = \d+\//],
  ])("changes the named constants of %s", async (id, change) => {
    const played = await plays(await shippedTask(id), "baseline.py");
    expectSense(played, "python3 baseline.py");
    const actions = actionsOf(played);
    expect(actions.some((text) => change.test(text))).toBe(true);
    expect(actions).toContain("cp baseline.py original_baseline.py");
    expect(actions.filter((text) => /'s\/\^(?:TARGET|HELD_OUT|SEED)/.test(text))).toEqual([]);
  });
});

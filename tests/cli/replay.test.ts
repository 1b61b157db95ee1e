// A run is played again from its record: the same actions, observations, submissions and scores; labelled as a replay; and what differs
// is refused or counted, as the pipeline says.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { openDataset } from "../../src/dataset/openDataset.ts";
import { readRun } from "../../src/store/readRun.ts";
import { nightshift } from "./nightshift.ts";

const ROLLOUTS = 2;
let folder = "";

const pipeline = (
  name: string,
  model: string,
  rest = "limits: { steps: 6, validations: 3 }",
) => `name: ${name}
cells:
  tasks: [dilemma-games/0]
  models: [${model}]
rollouts: { perCell: ${ROLLOUTS} }
${rest}
sandbox: { backend: process }
stages: { evaluate: { seeds: 1 } }
`;
const replay = (settings = "") => `{ name: again, wire: replay, run: first${settings} }`;

async function run(name: string, text: string, args: readonly string[] = []) {
  await writeFile(path.join(folder, `${name}.yaml`), text);
  return nightshift(["run", `${name}.yaml`, "--out", name, ...args], { cwd: folder });
}

async function trajectories(name: string): Promise<readonly Trajectory[]> {
  const reader = await readRun(path.join(folder, name));
  const all: Trajectory[] = [];
  for (const { archive } of reader.state.rollouts.values()) {
    if (archive !== null) all.push(await reader.archive.read(archive));
  }
  return all.sort((a, b) => a.seedIndex - b.seedIndex);
}

/** What two rollouts share that went the same. */
const course = ({ pool, steps, outcome, finalSubmission, bestValidated }: Trajectory) => ({
  messages: pool.map(({ message }) => message),
  actions: steps.map(({ actions }) =>
    actions.map(({ text, result }) => [text, result?.exitCode, result?.validation]),
  ),
  outcome,
  finalSubmission,
  bestValidated,
});

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-replay-"));
  const { exitCode, stderr } = await run("first", pipeline("first", "{ name: researcher, wire: scripted }"));
  expect(exitCode, stderr).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a replay", () => {
  it("goes as it was recorded, and is judged the same", async () => {
    const { exitCode, stderr } = await run("again", pipeline("again", replay()));
    expect(exitCode, stderr).toBe(0);
    expect(stderr).not.toContain("replay-differs");
    const [before, after] = [await trajectories("first"), await trajectories("again")];
    expect(after).toHaveLength(ROLLOUTS);
    expect(after.map(course)).toEqual(before.map(course));
    expect(after.map(({ key }) => key)).not.toEqual(before.map(({ key }) => key));
    const scores = async (name: string) =>
      [...(await readRun(path.join(folder, name))).state.evaluations.values()]
        .map((evaluation) => [evaluation.key, evaluation.kind === "scored" ? evaluation.score : null])
        .sort();
    expect(await scores("again")).toEqual(await scores("first"));
    expect((await scores("first")).length).toBeGreaterThan(0);
  });

  it("says so on every row, and its rows leave only where that is allowed", async () => {
    const dataset = await openDataset(path.join(folder, "again/dataset"));
    for (const split of dataset.splits) {
      for await (const { trajectory } of dataset.rollouts(split)) {
        expect(trajectory).toMatchObject({
          provider: "replay",
          model: "replay/scripted/researcher",
          trainable: false,
        });
        expect(trajectory.model_revision).toMatch(/^run:first-[0-9a-f]{8}$/);
      }
    }
    const refused = await nightshift(["export", "again", "--allow", "scripted"], { cwd: folder });
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.stderr).toContain("is a replay of a recorded one");
    const allowed = await nightshift(["export", "again", "--allow", "replay"], { cwd: folder });
    expect(allowed.exitCode, allowed.stderr).toBe(0);
  });

  it("under other rules fails at the first request that differs, or plays on and counts", async () => {
    const other = "limits: { steps: 6, validations: 2 }";
    const failed = await run("refused", pipeline("refused", replay(), other), [
      "--set",
      "stages.generate.retriesMax=0",
    ]);
    expect(failed.exitCode).toBe(1);
    for (const { outcome, steps } of await trajectories("refused")) {
      expect(outcome).toMatchObject({ kind: "failed", boundary: "model", permanent: true });
      expect(outcome.kind === "failed" && outcome.error).toContain(
        "request 0 of the rollout is not the recorded",
      );
      expect(steps).toHaveLength(0);
    }
    const counted = await run("counted", pipeline("counted", replay(", onDifference: count"), other));
    expect(counted.exitCode, counted.stderr).toBe(0);
    const [before, after] = [await trajectories("first"), await trajectories("counted")];
    expect(after.map(({ finalSubmission }) => finalSubmission)).toEqual(
      before.map(({ finalSubmission }) => finalSubmission),
    );
    const steps = after.reduce((sum, trajectory) => sum + trajectory.steps.length, 0);
    expect(counted.stderr.match(/"event":"replay-differs"/g)).toHaveLength(steps);
  });

  it.each([
    ["a run that is not there", replay().replace("first", "nowhere"), "nowhere"],
    ["a model that did not play", replay(", model: gpt-4"), "it has scripted/researcher by researcher"],
  ])("of %s is refused before anything is made", async (_name, model, sentence) => {
    const { exitCode, stderr, stdout } = await run("bad", pipeline("bad", model));
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(sentence);
  });

  it("of more seeds than were recorded is refused, with the number there is", async () => {
    const { exitCode, stderr } = await run("more", pipeline("more", replay()), [
      "--set",
      "rollouts.perCell=5",
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      `again replays first, which has no finished rollout of dilemma-games/0 with seed ${ROLLOUTS}; set rollouts.perCell to ${ROLLOUTS}`,
    );
  });
});

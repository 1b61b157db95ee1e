// The scripted researcher over many seeds: all sorts of endings, mistakes that are mended, replies of the right form.
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseFenced } from "../../src/agent/forms/fenced.ts";
import { outcomeText } from "../../src/core/outcome.ts";
import type { StepRecord, Trajectory } from "../../src/core/trajectory.ts";
import { playPretended, SHIPPED, shippedTask } from "./scriptedWorld.ts";

const SEEDS = 200;
const decisionSchema = z.object({
  role: z.string(),
  phase: z.string(),
  garbled: z.boolean(),
  text: z.string(),
});
const played: Trajectory[] = [];

beforeAll(async () => {
  const tasks = await Promise.all(SHIPPED.map(shippedTask));
  for (let seedIndex = 0; seedIndex < SEEDS; seedIndex++) {
    const task = tasks[seedIndex % tasks.length];
    if (task === undefined) throw new Error("there are no tasks");
    const workFile = task.definition.submission[0]?.path ?? "";
    played.push(await playPretended({ task, workFile, seedIndex }));
  }
});

const share = (test: (trajectory: Trajectory) => boolean) => played.filter(test).length / played.length;
const endsAs = (outcome: string) => share((trajectory) => outcomeText(trajectory.outcome) === outcome);
const observation = (trajectory: Trajectory, step: StepRecord) =>
  trajectory.pool[step.actions[0]?.result?.message ?? step.complaint ?? -1]?.message.content ?? "";
const actions = ({ steps }: Trajectory) => steps.map((step) => step.actions[0]?.text ?? "");

describe("200 rollouts of the scripted researcher", () => {
  it("end in every way that an episode can end by itself", () => {
    expect(endsAs("submitted")).toBeGreaterThan(0.6);
    expect(endsAs("submitted")).toBeLessThan(0.92);
    for (const outcome of ["forfeit", "limit:steps", "limit:format", "limit:tokens"]) {
      expect(endsAs(outcome), outcome).toBeGreaterThan(0.01);
      expect(endsAs(outcome), outcome).toBeLessThan(0.2);
    }
    expect(share(({ outcome }) => outcome.kind === "failed")).toBe(0);
  });

  it("take eight steps and more in the middle, and mostly validate", () => {
    const counts = played.map(({ steps }) => steps.length).sort((a, b) => a - b);
    expect(counts[SEEDS / 2]).toBeGreaterThanOrEqual(8);
    expect(share(({ steps }) => steps.some((step) => step.actions[0]?.result?.validation))).toBeGreaterThan(
      0.65,
    );
  });

  it("hand in work that differs from seed to seed", () => {
    const handedIn = played.flatMap(({ finalSubmission }) => finalSubmission ?? []);
    expect(handedIn.length).toBeGreaterThan(0.8 * SEEDS);
    expect(new Set(handedIn).size).toBeGreaterThan(0.8 * handedIn.length);
  });

  it("hold exactly one command in each reply that is not meant to go wrong", () => {
    for (const { steps } of played) {
      for (const { reply, formatError } of steps) {
        const { text, garbled } = decisionSchema.parse(JSON.parse(reply.verbatim));
        const { kind } = parseFenced({ text, toolCalls: [], finish: reply.finish });
        expect(kind, text).toBe(garbled ? "malformed" : "command");
        expect(formatError !== null, text).toBe(garbled);
      }
    }
  });

  it("use only commands that work: whatever fails was meant to, or is a damaged program", () => {
    const unknown = played.flatMap((trajectory) =>
      trajectory.steps
        .flatMap((step) => step.actions)
        .filter(({ result }) => result?.exitCode === 127)
        .map(({ text }) => text),
    );
    expect(unknown).toEqual([]);
  });

  it("mend lost formats, tool errors and failing programs", () => {
    const mends = (bad: (trajectory: Trajectory, step: StepRecord) => boolean) =>
      share((trajectory) => {
        const first = trajectory.steps.findIndex((step) => bad(trajectory, step));
        return first >= 0 && trajectory.outcome.kind === "submitted" && first < trajectory.steps.length - 1;
      });
    expect(mends((_, { formatError }) => formatError !== null)).toBeGreaterThan(0.05);
    expect(
      mends((_, { actions: [first] }) => first?.tool === "open" && first.result?.ok === false),
    ).toBeGreaterThan(0.01);
    expect(mends((trajectory, step) => /^\w+Error: /m.test(observation(trajectory, step)))).toBeGreaterThan(
      0.1,
    );
  });

  it("leave no damaged program in place that they have seen fail", () => {
    const left = played.filter((trajectory) => {
      if (trajectory.outcome.kind !== "submitted") return false;
      const runs = trajectory.steps.filter((step) => step.actions[0]?.text.includes("python3 simulate.py"));
      const last = runs.at(-1);
      return last !== undefined &&
        /^\w+Error: /m.test(observation(trajectory, last)) &&
        trajectory.steps.length < 20
        ? !actions(trajectory)
            .slice(last.index + 1)
            .some((text) => /^(?:cat >|edit|insert|cp) ?/.test(text))
        : false;
    });
    expect(left.map(({ seedIndex }) => seedIndex)).toEqual([]);
  });

  it("search, tune by single constants, go back, and keep copies, each at times", () => {
    const does = (pattern: RegExp) =>
      share((trajectory) => actions(trajectory).some((text) => pattern.test(text)));
    expect(does(/^cat > explore\.py /)).toBeGreaterThan(0.15);
    expect(does(/^sed -i /)).toBeGreaterThan(0.1);
    expect(does(/^edit \d+:\d+\n/)).toBeGreaterThan(0.05);
    expect(does(/^cp \w+\.py best_/)).toBeGreaterThan(0.1);
    expect(does(/^cp best_/)).toBeGreaterThan(0.02);
  });

  it("never look for what they must not see, nor print what differs between machines", () => {
    for (const trajectory of played) {
      for (const text of actions(trajectory)) {
        expect(text).not.toMatch(/solution\/|hidden\/|judge\.py|\bls -l|\bdate\b|\$\$|\/work|\/tmp|id\(/);
      }
    }
  });
});

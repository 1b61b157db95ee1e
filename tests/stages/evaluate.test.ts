import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/compose/world.ts";
import { type Evaluation, type Evaluator, evaluationKey } from "../../src/core/evaluation.ts";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import type { Task } from "../../src/core/task.ts";
import { journaledEvaluator, submissionsOfRecord } from "../../src/stages/evaluate.ts";
import { testTask } from "../fixtures/task.ts";

function scored(task: Task, submission: string, seed: number, score: number): Evaluation {
  const of = { submission, judgeHash: task.judgeHash, phase: "record", seed } as const;
  return { kind: "scored", key: evaluationKey(of), ...of, cpuMs: 1, wallMs: 1, score, metrics: {} };
}

function bench(options: { fails?: number } = {}) {
  const task = testTask();
  const known = new Map<string, Evaluation>();
  const events: LedgerEvent[] = [];
  const asked: string[] = [];
  let failures = options.fails ?? 0;
  const judge: Evaluator = {
    async evaluate(_task, submission, _phase, seeds) {
      asked.push(`${submission}:${seeds.join(",")}`);
      await new Promise((resolve) => setImmediate(resolve));
      if (failures-- > 0) throw new Error("the judge broke");
      return seeds.map((seed) => scored(task, submission, seed, seed * 10));
    },
  };
  const evaluator = journaledEvaluator(judge, {
    known,
    clock: systemClock,
    runWhenFree: (work) => work(),
    ledger: {
      append: async (event) => {
        events.push(event);
        if (event.kind === "evaluation-ended") known.set(event.evaluation.key, event.evaluation);
      },
    },
  });
  const evaluate = (submission: string, seeds: readonly number[]) =>
    evaluator.evaluate(task, submission, "record", seeds, new AbortController().signal);
  return { task, known, events, asked, evaluate };
}

describe("the journaled evaluator", () => {
  it("answers from the ledger and judges only the seeds that are missing", async () => {
    const { task, known, asked, evaluate } = bench();
    const first = scored(task, "s", 1, 99);
    known.set(first.key, first);
    const evaluations = await evaluate("s", [0, 1, 2]);
    expect(asked).toEqual(["s:0", "s:2"]);
    expect(evaluations.map((one) => one.kind === "scored" && one.score)).toEqual([0, 99, 20]);
    await evaluate("s", [0, 1, 2]);
    expect(asked).toHaveLength(2);
  });

  it("judges once what many ask for at the same time", async () => {
    const { asked, events, evaluate } = bench();
    const all = await Promise.all(Array.from({ length: 20 }, () => evaluate("same", [0, 1])));
    expect(asked).toEqual(["same:0", "same:1"]);
    expect(events).toHaveLength(2);
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it("forgets a failure, so that it can be asked again", async () => {
    const { asked, events, evaluate } = bench({ fails: 1 });
    await expect(evaluate("s", [0])).rejects.toThrow("the judge broke");
    expect(events).toEqual([]);
    await expect(evaluate("s", [0])).resolves.toHaveLength(1);
    expect(asked).toHaveLength(2);
  });

  it("keeps the verdicts of other seeds when one fails, and waits for all of them", async () => {
    const { asked, events, evaluate } = bench({ fails: 1 });
    await expect(evaluate("s", [0, 1, 2])).rejects.toThrow("the judge broke");
    expect(events).toHaveLength(2);
    await evaluate("s", [0, 1, 2]);
    expect(asked).toEqual(["s:0", "s:1", "s:2", "s:0"]);
  });

  it("judges the final submission and the best validated one, once where they are the same", () => {
    expect(submissionsOfRecord({ finalSubmission: "a", bestValidated: { submission: "b" } })).toEqual([
      "a",
      "b",
    ]);
    expect(submissionsOfRecord({ finalSubmission: "a", bestValidated: { submission: "a" } })).toEqual(["a"]);
    expect(submissionsOfRecord({ finalSubmission: null, bestValidated: null })).toEqual([]);
  });
});

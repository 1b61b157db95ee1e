// pass@k and expected best@k against counting every choice of k attempts; success, resampling and paired comparison by their definitions.
import { describe, expect, it } from "vitest";
import { prng } from "../../src/core/prng.ts";
import { taskDefinitionSchema } from "../../src/core/task.ts";
import { type Attempt, bestOf, bestScore, isSuccess } from "../../src/report/attempts.ts";
import { interval, REPLICATES } from "../../src/report/bootstrap.ts";
import { compareWithFirst } from "../../src/report/compareMethods.ts";
import { expectedBest } from "../../src/report/expectedBest.ts";
import { methodFigures } from "../../src/report/methodFigures.ts";
import { passAtK } from "../../src/report/passAtK.ts";

/** Every choice of k positions out of n. */
function choices(n: number, k: number, from = 0): number[][] {
  if (k === 0) return [[]];
  return Array.from({ length: n - from }, (_, at) => from + at).flatMap((first) =>
    choices(n, k - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

function taskOf(
  id: string,
  of: { sigma?: number; direction?: "maximize" | "minimize"; starter?: number } = {},
) {
  return {
    id,
    ...taskDefinitionSchema.parse({
      title: id,
      domain: "games",
      family: id,
      tags: [],
      licence: "Apache-2.0",
      metric: { name: "score", direction: of.direction ?? "maximize", unit: "" },
      anchors: { nothing: 0, starter: of.starter ?? 1, probe: 2, best: 3, optimum: 4 },
      sigma: of.sigma ?? 0.125,
      limits: {},
      resources: { cpus: 1, memoryMb: 64, pids: 8, diskMb: 8 },
      image: "base",
      submission: [{ path: "a.py", bytesMax: 10 }],
      judge: { kind: "function", timeoutSeconds: 1, cpuSecondsMax: 1, cpuMsPerCallMax: null },
      use: "train",
      validation: 1,
      mlgym: null,
    }),
  };
}

const attempt = (last: number | null, best = last): Attempt => ({
  last,
  best,
  reward: last === null ? null : last / 4,
});

describe("pass@k", () => {
  it("is the share of all choices of k that hold a success", () => {
    for (let n = 1; n <= 7; n++) {
      for (let c = 0; c <= n; c++) {
        for (let k = 1; k <= n; k++) {
          const all = choices(n, k);
          const hit = all.filter((choice) => choice.some((at) => at < c)).length;
          expect(passAtK(n, c, k)).toBeCloseTo(hit / all.length, 12);
        }
      }
    }
  });

  it("stays a probability for many attempts, and refuses what is none", () => {
    expect(passAtK(100_000, 1, 1)).toBeCloseTo(1e-5, 12);
    expect(passAtK(10_000, 5000, 64)).toBeLessThanOrEqual(1);
    for (const [n, c, k] of [
      [4, 5, 1],
      [4, -1, 1],
      [4, 1, 0],
      [4, 1, 5],
      [4, 1.5, 1],
    ] as const)
      expect(() => passAtK(n, c, k)).toThrow(RangeError);
  });
});

describe("expected best@k", () => {
  it("is the mean of the best of all choices of k that hold a score, and says how many do", () => {
    const random = prng(7);
    for (let round = 0; round < 60; round++) {
      const direction = random.chance(0.5) ? "maximize" : "minimize";
      const scores = Array.from({ length: 1 + random.below(6) }, () =>
        random.chance(0.3) ? null : random.below(4),
      );
      for (let k = 1; k <= scores.length; k++) {
        const all = choices(scores.length, k);
        const bests = all.flatMap(
          (choice) =>
            bestScore(
              choice.map((at) => scores[at] ?? null),
              direction,
            ) ?? [],
        );
        const found = expectedBest(scores, k, direction);
        if (bests.length === 0) expect(found).toBeNull();
        else {
          expect(found?.value).toBeCloseTo(bests.reduce((sum, best) => sum + best, 0) / bests.length, 10);
          expect(found?.scoredShare).toBeCloseTo(bests.length / all.length, 10);
        }
      }
    }
    expect(() => expectedBest([1], 2, "maximize")).toThrow(RangeError);
  });
});

describe("a success", () => {
  it("is better than the baseline by two standard deviations, in the metric's direction", () => {
    const up = taskOf("up");
    expect([1.24, 1.25, 1.5, 0.5, null].map((score) => isSuccess(up, score))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
    const down = taskOf("down", { direction: "minimize" });
    expect([0.76, 0.75, 1.25].map((score) => isSuccess(down, score))).toEqual([false, true, false]);
    const sure = taskOf("sure", { sigma: 0 });
    expect([1, 1.000001].map((score) => isSuccess(sure, score))).toEqual([false, true]);
  });
});

describe("figures of a method", () => {
  it("take attempts without a score for failures, and the best in the metric's direction", () => {
    const tasks = [taskOf("down", { direction: "minimize" }), taskOf("up"), taskOf("other")];
    const attempts = new Map([
      ["up", [attempt(1.5, 2), attempt(null), attempt(1, 1.1)]],
      ["down", [attempt(0.5), attempt(0.9)]],
    ]);
    const figures = methodFigures({ name: "m", attempts }, tasks);
    expect(figures.tasks.map(({ taskId }) => taskId)).toEqual(["down", "up"]);
    expect(figures.tasks[0]).toMatchObject({
      attemptAtK: { best: 0.5, last: 0.5 },
      passAtK: { last: [0.5, 1] },
    });
    expect(figures.tasks[1]).toMatchObject({ attempts: 3, scored: 2, attemptAtK: { best: 2, last: 1.5 } });
    expect(figures.passAtOne.value).toBeCloseTo((1 / 2 + 1 / 3) / 2, 12);
    expect(figures.passAtAll).toMatchObject({ k: 2 });
    expect(figures.passAtAll.value).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(bestOf([attempt(null)], "last", "maximize")).toBeNull();
  });
});

describe("the bootstrap", () => {
  it("draws tasks, then attempts, the same ones every time", () => {
    const values = [[0, 10], [5, 5, 5], [100]];
    const figure = (resample: Parameters<Parameters<typeof interval>[1]>[0]) => {
      expect(resample.tasks).toHaveLength(3);
      const drawn = resample.tasks.map((at) => resample.attempts(values[at] ?? []));
      for (const of of drawn) expect(values.map(({ length }) => length)).toContain(of.length);
      return drawn.flat().reduce((sum, value) => sum + value, 0) / drawn.flat().length;
    };
    const first = interval(3, figure);
    expect(interval(3, figure)).toEqual(first);
    expect(first?.low).toBeLessThan(10);
    expect(first?.high).toBeGreaterThan(50);
    expect(interval(4, () => 3)).toEqual({ low: 3, high: 3 });
    expect(interval(0, () => 3)).toBeNull();
  });

  it("covers a mean about as often as it says", () => {
    const random = prng(3);
    const covered = Array.from({ length: 40 }, () => {
      const values = Array.from({ length: 30 }, () => random.normal());
      const found = interval(
        values.length,
        ({ tasks }) => tasks.reduce((sum, at) => sum + (values[at] ?? 0), 0) / 30,
      );
      return found !== null && found.low <= 0 && found.high >= 0;
    });
    const share = covered.filter(Boolean).length / covered.length;
    expect(share).toBeGreaterThan(0.8);
    expect(REPLICATES).toBeGreaterThanOrEqual(1000);
  });
});

describe("checkpoints compared", () => {
  const tasks = [taskOf("a"), taskOf("b"), taskOf("c")];
  const method = (name: string, gain: number, of = ["a", "b", "c"]) => ({
    name,
    attempts: new Map(
      of.map((id, at) => [id, [attempt(1 + at / 10 + gain), attempt(1.1 + gain), attempt(0.9 + gain)]]),
    ),
  });

  it("finds no difference between equals, and a sure one where all attempts are better", () => {
    const [same, better] = compareWithFirst(tasks, [method("x", 0), method("y", 0), method("z", 1)], null);
    for (const { difference, aheadShare } of same?.figures ?? []) {
      expect(difference.value).toBeCloseTo(0, 12);
      expect(aheadShare).toBeGreaterThan(0.35);
      expect(aheadShare).toBeLessThan(0.65);
    }
    expect(better).toMatchObject({ from: "x", to: "z", tasks: ["a", "b", "c"] });
    const passes = better?.figures.find(({ figure }) => figure === "pass@1");
    expect(passes?.to).toBe(1);
    expect(passes?.aheadShare).toBeGreaterThan(0.99);
    expect(passes?.difference.interval?.low).toBeGreaterThan(0);
  });

  it("counts only tasks that both have attempts at", () => {
    const [one] = compareWithFirst(tasks, [method("x", 0, ["a", "b"]), method("y", 0, ["b", "c"])], null);
    expect(one?.tasks).toEqual(["b"]);
  });
});

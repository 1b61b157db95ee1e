import { describe, expect, it } from "vitest";
import { NO_HOST } from "../../src/core/host.ts";
import { prng } from "../../src/core/prng.ts";
import { assumedUse } from "../../src/pipeline/assumedUse.ts";
import { forecast, NOTHING_PLAYED, type Played, type Sample } from "../../src/pipeline/forecast.ts";
import { shareInterval, studentT975, sumInterval } from "../../src/pipeline/logInterval.ts";
import { overBudget } from "../../src/pipeline/overBudget.ts";
import { type Pipeline, pipelineSchema } from "../../src/pipeline/pipelineFile.ts";
import { makePlan, type Plan } from "../../src/pipeline/plan.ts";
import { testTask } from "../fixtures/task.ts";

function planOf(
  over: { models?: object[]; rollouts?: object; limits?: object; tasks?: string[] } = {},
): Plan {
  const tasks = over.tasks ?? ["one", "two"];
  const url = { wire: "openai", model: "m", baseUrls: ["http://127.0.0.1:1/v1"] };
  const pipeline: Pipeline = pipelineSchema.parse({
    name: "plan",
    cells: {
      tasks,
      models: (over.models ?? [{ price: { inputPerMillion: 1, outputPerMillion: 2 } }]).map(
        (model, index) => ({
          name: `m${index}`,
          ...url,
          ...model,
        }),
      ),
    },
    rollouts: { perCell: 10, ...over.rollouts },
    limits: over.limits ?? {},
    concurrency: { rollouts: 4, evaluations: 2 },
    stages: {},
  });
  const loaded = new Map(tasks.map((id) => [id, testTask({ id, playHash: id.padEnd(64, "p") })]));
  return makePlan(pipeline, loaded, {
    agent: () => "a",
    tools: () => [],
    memory: () => NO_HOST.memory,
    reach: () => ({}),
    agentWith: (config) => config,
    model: (config) => ({ id: config.name, revision: null }),
  });
}

function pilot(plan: Plan, usd: (cell: number, seed: number) => number, more: Partial<Sample> = {}): Played {
  const samples = plan.cells.flatMap(({ id }, cell) =>
    [0, 1].map((seed): Sample => {
      const cost = usd(cell, seed);
      return { cell: id, usd: cost, tokens: cost * 1000, wallMs: 60_000, accepted: true, ...more };
    }),
  );
  const sum = samples.reduce((total, { usd: cost }) => total + (cost ?? 0), 0);
  return {
    samples,
    done: new Map(plan.cells.map(({ id }) => [id, 2])),
    spent: { usd: sum, tokens: sum * 1000 },
    judgeMs: 1000,
  };
}

describe("intervals", () => {
  it("know Student's t", () => {
    const table = [3.182, 2.776, 2.571, 2.228, 2.042, 1.98];
    for (const [index, degrees] of [3, 4, 5, 10, 30, 120].entries()) {
      expect(Math.abs(studentT975(degrees) / (table[index] ?? 0) - 1)).toBeLessThan(0.01);
    }
  });

  it("hold a share between 0 and 1, wide for few", () => {
    expect(shareInterval(0, 0)).toEqual({ low: 0, likely: 0.5, high: 1 });
    const few = shareInterval(8, 16);
    expect(few.low).toBeCloseTo(0.28, 2);
    expect(few.high).toBeCloseTo(0.72, 2);
    expect(shareInterval(16, 16).high).toBe(1);
  });

  it.each([0.2, 0.4, 0.7])("cover the sum of what is still to be drawn, spread %s", (sigma) => {
    const random = prng(7);
    const trials = 400;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const centers = Array.from({ length: 8 }, () => Math.exp(0.3 * random.normal()));
      const draw = (center: number) => center * Math.exp(sigma * random.normal());
      const cells = centers.map((center) => ({ values: [draw(center), draw(center)], remaining: 10 }));
      const { low, high } = sumInterval(cells);
      let actual = 0;
      for (const center of centers) for (let n = 0; n < 10; n++) actual += draw(center);
      if (low <= actual && actual <= high) covered++;
    }
    expect(covered / trials).toBeGreaterThan(0.9);
  });

  it("give a cell without a draw the mean of the others, and more doubt", () => {
    const full = sumInterval([1, 2, 3].map(() => ({ values: [1, 1], remaining: 10 })));
    const gap = sumInterval([
      { values: [1, 1], remaining: 10 },
      { values: [1, 1], remaining: 10 },
      { values: [], remaining: 10 },
    ]);
    expect(Math.abs(gap.likely / full.likely - 1)).toBeLessThan(0.01);
    expect(gap.logSd).toBeGreaterThan(full.logSd);
  });
});

describe("a forecast", () => {
  it("is a range from limits and prices before anything is played, within the cost limit", () => {
    const plan = planOf({ limits: { costUsd: 0.5, steps: 40 } });
    const { usd, tokens, basis, rollouts } = forecast(plan, NOTHING_PLAYED);
    expect(basis).toMatch(/limits and prices/);
    expect(rollouts).toEqual({ low: 20, likely: 20, high: 20 });
    expect(usd?.high).toBe(10);
    expect(usd?.low).toBeGreaterThan(0);
    expect(usd?.low).toBeLessThan(usd?.likely ?? 0);
    expect(tokens.low).toBeLessThan(tokens.high);
    const [cell] = plan.cells;
    if (cell === undefined) throw new Error("no cell");
    expect(assumedUse(cell).wallMs.high).toBe(cell.cell.limits.wallSeconds * 1000);
  });

  it("extrapolates a pilot, with what is spent inside it", () => {
    const plan = planOf();
    const { usd, basis, hours, usdPerAccepted } = forecast(
      plan,
      pilot(plan, (cell) => cell + 1),
    );
    expect(basis).toMatch(/^4 rollouts in 2 of 2 cells/);
    // 2 × (1 + 2) are spent, 8 × (1 + 2) are to come; the spread that is believed in adds a little to a lognormal mean.
    expect(usd?.likely).toBeGreaterThan(30);
    expect(usd?.likely).toBeLessThan(32);
    expect(usd?.low).toBeGreaterThan(6);
    expect(usd?.high).toBeGreaterThan(usd?.likely ?? 0);
    // 16 minutes of rollouts in four lanes, and a straggler.
    expect(hours.likely * 60).toBeGreaterThan(4);
    expect(hours.likely * 60).toBeLessThan(5);
    expect(usdPerAccepted?.likely).toBeGreaterThan(1.5);
    expect(usdPerAccepted?.likely).toBeLessThan(1.9);
  });

  it("counts the seeds that a target needs by what the pilot had accepted", () => {
    const plan = planOf({ rollouts: { perCell: 100, accepted: 10 } });
    const half = pilot(plan, () => 1);
    const samples = half.samples.map((sample, index) => ({ ...sample, accepted: index % 2 === 0 }));
    const { rollouts } = forecast(plan, { ...half, samples });
    expect(rollouts.likely).toBeCloseTo(40, 0);
    expect(rollouts.low).toBeLessThan(30);
    expect(rollouts.high).toBeGreaterThan(80);
    const none = half.samples.map((sample) => ({ ...sample, accepted: false }));
    expect(forecast(plan, { ...half, samples: none }).usdPerAccepted).toBeNull();
  });

  it("says nothing of dollars without a price", () => {
    const plan = planOf({ models: [{ price: null }] });
    const { usd, tokens } = forecast(
      plan,
      pilot(plan, () => 1, { usd: null }),
    );
    expect(usd).toBeNull();
    expect(tokens.likely).toBeGreaterThan(0);
  });

  it("charges a fleet for all hours of the run", () => {
    const plan = planOf({ models: [{ price: { perGpuHourUsd: 2, gpus: 8 } }] });
    const { usd, gpuHours, hours } = forecast(plan, {
      ...pilot(plan, () => 0),
      spent: { usd: 3, tokens: 0 },
    });
    expect(gpuHours?.likely).toBeCloseTo(8 * hours.likely, 9);
    expect(usd?.likely).toBeCloseTo(3 + 16 * hours.likely, 9);
  });

  it("is exact where nothing costs anything", () => {
    const plan = planOf();
    expect(
      forecast(
        plan,
        pilot(plan, () => 0),
      ).usd,
    ).toEqual({ low: 0, likely: 0, high: 0 });
  });

  it("raises the rest by what lost and repeated calls cost", () => {
    const plan = planOf();
    const played = pilot(plan, () => 1);
    const calm = forecast(plan, played);
    const lossy = forecast(plan, { ...played, spent: { usd: 8, tokens: 8000 } });
    expect((lossy.usd?.likely ?? 0) / (calm.usd?.likely ?? 1)).toBeCloseTo(2, 6);
  });

  it("is held against each budget by its upper bound", () => {
    const plan = planOf();
    const expected = forecast(
      plan,
      pilot(plan, () => 1),
    );
    const high = expected.usd?.high ?? 0;
    const budgets = { usd: null, tokens: null, wallClockHours: null, deadline: null };
    expect(overBudget(expected, budgets, null)).toBeNull();
    expect(overBudget(expected, { ...budgets, usd: high + 0.01 }, null)).toBeNull();
    expect(overBudget(expected, { ...budgets, usd: high - 0.01 }, null)).toMatch(/budgets\.usd/);
    expect(overBudget(expected, { ...budgets, tokens: 1 }, null)).toMatch(/budgets\.tokens/);
    expect(overBudget(expected, budgets, 1000)).toMatch(/hours/);
  });
});

// AUP is MLGym's: the published values come out of the published tables, and the pool's numbers are those of the tables and the tasks.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { listAllTasks } from "../../src/compose/tasks.ts";
import { prng } from "../../src/core/prng.ts";
import { areaUnderProfile, gridEnd, profileAt } from "../../src/report/performanceProfile.ts";
import { performanceRatio, yardstickOf } from "../../src/report/performanceRatio.ts";
import { poolAup } from "../../src/report/poolAup.ts";
import { BASELINE, parsePool, poolRows } from "../../src/report/poolFile.ts";

const POOLS = fileURLToPath(new URL("../../src/report/pools", import.meta.url));
const [FILE = ""] = await readdir(POOLS);
const TEXT = await readFile(path.join(POOLS, FILE), "utf8");
const pool = parsePool(FILE, TEXT);
const CHECKOUT = process.env["MLGYM_CHECKOUT"];
const TABLES = path.join(CHECKOUT ?? "/nowhere", "results/tables");

describe("the pool of published scores", () => {
  it("gives every published AUP to ±0.001", () => {
    const ours = poolAup(pool, "asPublished");
    expect(ours.tauMax).toBe(1.5);
    for (const variant of ["best", "last"] as const) {
      for (const [at, method] of pool.methods.entries()) {
        const published = pool.publishedAup[variant][at] ?? Number.NaN;
        const difference = Math.abs((ours[variant].get(method) ?? Number.NaN) - published);
        expect(difference, `${method}, ${variant}`).toBeLessThanOrEqual(0.001);
      }
    }
  });

  it("has another T, and so other areas, without the score that was made against a replaced opponent", () => {
    expect(pool.replaced).toMatchObject([{ task: "blotto", published: 0.576, used: 0.228 }]);
    const published = poolAup(pool, "asPublished");
    const corrected = poolAup(pool, "corrected");
    expect(corrected.tauMax).toBe(1.2);
    for (const method of pool.methods) {
      expect(corrected.best.get(method)).toBeLessThan(published.best.get(method) ?? 0);
      expect(corrected.last.get(method)).toBeLessThanOrEqual(corrected.tauMax);
    }
    const cells = (kind: "asPublished" | "corrected") =>
      poolRows(pool, "best", kind).flatMap(({ taskId, scores }) =>
        [...scores].map(([method, score]) => `${taskId} ${method} ${score}`),
      );
    const changed = cells("corrected").filter((cell) => !cells("asPublished").includes(cell));
    expect(changed).toEqual(["blotto claude-3.5-sonnet 0.228"]);
  });

  it("is frozen: other numbers under its name are refused in one sentence", () => {
    expect(() => parsePool(FILE, TEXT.replace("0.576", "0.577"))).toThrow(
      /^the pool file mlgym-published\.\S+\.json does not hold what its name says .*give other numbers another name$/,
    );
  });

  it("has the numbers that the tasks state", async () => {
    const rows = poolRows(pool, "best", "corrected");
    const stated = (await listAllTasks()).filter(({ definition }) => definition.mlgym?.published);
    expect(stated.length).toBeGreaterThan(5);
    for (const { id, definition } of stated) {
      const row = rows.find(({ taskId }) => taskId === definition.mlgym?.id);
      const scores = [...(row?.scores ?? [])].filter(([name, score]) => name !== BASELINE && score !== null);
      expect(Object.fromEntries(scores), id).toEqual(definition.mlgym?.published);
      expect(row?.direction, id).toBe(definition.metric.direction);
    }
  });

  it.for(["best", "last"] as const)(
    "has the numbers of the published %s table",
    async (variant, { skip }) => {
      if (!existsSync(TABLES)) skip("MLGYM_CHECKOUT names no checkout of MLGym: its tables are not compared");
      const file = path.join(TABLES, `${variant}_scores_aggregate_results.csv`);
      const [, ...lines] = (await readFile(file, "utf8")).trim().split(/\r?\n/);
      const theirs = lines.map((line) =>
        line.split(",").map((cell, at) => (at === 0 ? cell : cell === "" ? null : threeDigits(Number(cell)))),
      );
      const ours = poolRows(pool, variant, "asPublished").map(({ title, scores }) => [
        title,
        ...scores.values(),
      ]);
      expect(theirs).toEqual(ours);
    },
  );
});

/** The pool has scores of millions and more to three digits. */
function threeDigits(score: number): number {
  return Math.abs(score) < 1e6 ? score : Number(score.toPrecision(3));
}

/** Some tasks of many methods with random scores; a few are missing. */
function randomTasks(seed: number) {
  const random = prng(seed);
  return Array.from({ length: 1 + random.below(8) }, (_, at) => {
    const direction = random.chance(0.5) ? ("maximize" as const) : ("minimize" as const);
    const baseline = random.next() + 0.1;
    const scores = new Map<string, number | null>([["baseline", baseline]]);
    for (let method = 0; method < 5; method++)
      scores.set(`m${method}`, random.chance(0.2) ? null : random.next() * 3 - 0.5);
    return { taskId: String(at), direction, baseline, scores };
  });
}

describe("performance profiles", () => {
  it("are right on a table small enough to be worked out by hand", () => {
    const up = { direction: "maximize" as const, baseline: 1 };
    const yardstick = yardstickOf({
      ...up,
      scores: new Map([
        ["baseline", 1],
        ["a", 4],
        ["b", 2],
        ["c", 0.5],
        ["d", null],
      ]),
    });
    if (yardstick === null) throw new Error("there are feasible scores");
    expect(yardstick).toMatchObject({ best: 4, worstRatio: 4 });
    // Better than all of the yardstick's, the best, in between, the baseline; below the baseline, negative and missing are infeasible.
    expect([8, 4, 2, 1, 0.5, -3, 0, null].map((score) => performanceRatio(yardstick, score))).toEqual([
      0.5, 1, 2, 4, 4.2, 4.2, 4.2, 4.2,
    ]);
    const down = yardstickOf({
      direction: "minimize",
      baseline: 10,
      scores: new Map([
        ["baseline", 10],
        ["a", 5],
      ]),
    });
    if (down === null) throw new Error("there are feasible scores");
    expect([5, 7.5, 10, 11, null].map((score) => performanceRatio(down, score))).toEqual([
      1, 1.5, 2, 2.1, 2.1,
    ]);
    // ⌈4.2⌉ = 5, log10 5 = 0.699, rounded up.
    expect(gridEnd([yardstick, down])).toBe(0.7);
    // One task at ratio 1 all along, one that joins at log10 2 = 0.301, the 215th of 499 steps: 0.7 · (1 + (499 − 215) / 499) / 2.
    expect(areaUnderProfile([1, 2], 0.7)).toBeCloseTo((0.7 * (1 + (499 - 215) / 499)) / 2, 12);
    expect(profileAt([1, 2], 0.3)).toBe(0.5);
    expect(profileAt([1, 2], 0.302)).toBe(1);
  });

  it("have no yardstick where nothing is feasible", () => {
    expect(
      yardstickOf({
        direction: "maximize",
        baseline: -1,
        scores: new Map([
          ["baseline", -1],
          ["a", -0.5],
        ]),
      }),
    ).toBeNull();
  });

  it("give the area that the definition gives, and never a smaller one for a better score", () => {
    for (let seed = 0; seed < 200; seed++) {
      const tasks = randomTasks(seed);
      const yardsticks = tasks.flatMap((task) => yardstickOf(task) ?? []);
      expect(yardsticks).toHaveLength(tasks.length);
      const tauMax = gridEnd(yardsticks);
      for (const method of ["baseline", "m0", "m1", "m2", "m3", "m4"]) {
        const ratios = tasks.map((task, at) => {
          const yardstick = yardsticks[at];
          if (yardstick === undefined) throw new Error("a yardstick is missing");
          const score = task.scores.get(method) ?? null;
          const ratio = performanceRatio(yardstick, score);
          const better =
            score === null ? task.baseline : task.direction === "maximize" ? score + 0.1 : score * 0.9;
          if (score === null || score > 0)
            expect(performanceRatio(yardstick, better)).toBeLessThanOrEqual(ratio);
          return ratio;
        });
        let plain = 0;
        for (let at = 0; at < 499; at++)
          plain += ((tauMax * (at + 1)) / 499 - (tauMax * at) / 499) * profileAt(ratios, (tauMax * at) / 499);
        expect(areaUnderProfile(ratios, tauMax)).toBeCloseTo(plain, 10);
      }
    }
  });
});

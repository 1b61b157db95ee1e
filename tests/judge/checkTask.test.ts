// `tasks check` on sound tasks: every template is one, and stays so under a fresh key. Defective ones are in defective/.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KINDS, type Workshop, workshop } from "./defective/scaffold.ts";

let here: Workshop;
beforeAll(async () => {
  here = await workshop();
});
afterAll(() => here[Symbol.asyncDispose]());

describe("a task from a template", () => {
  it.each(KINDS)("of kind %s is sound", async (kind) => {
    const report = await here.check(await here.scaffold(`fresh-${kind}`, kind), { seeds: 4 });
    expect(report.defects).toEqual([]);
    expect(report.solutions.map(({ name }) => name)).toEqual(["probe", "reference"]);
    expect(report.solutions.every(({ score }) => score !== null)).toBe(true);
    expect(report.forgeries.held).toBe(report.forgeries.tried);
    expect(report.forgeries.tried).toBeGreaterThan(18);
    expect(report.cases?.shared).toBe(0);
    expect(report.cases?.validation).toBeGreaterThan(0);
    const isDrawn = kind === "function" || kind === "policy";
    expect((report.sigma ?? -1) > 0).toBe(isDrawn);
    expect(report.judgeSecondsMost).toBeGreaterThan(0);
    expect(report.judgeMemoryMbMost).toBeGreaterThan(1);
  });
});

describe("a check before numbers are recorded", () => {
  it("measures without holding anything against what stands in task.yaml", async () => {
    await here.scaffold("unmeasured", "csv", { "task.yaml": [[/starter: [\d.]+/, "starter: 0.01"]] });
    const report = await here.check("unmeasured", { seeds: 2, compareRecorded: false });
    expect(report.defects).toEqual([]);
    expect(report.measured).toBeCloseTo(0.538496, 5);
  });
});

import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { sessionMsMax } from "../../src/pipeline/deadline.ts";
import { readPipelineText } from "../../src/pipeline/readPipeline.ts";

const GOOD = `name: test
cells:
  tasks: [a]
  models:
    - name: m
      wire: scripted
rollouts:
  perCell: 4
stages: {}
`;

function complaint(text: string, settings: readonly string[] = []): string {
  try {
    readPipelineText(text, "p.yaml", settings);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it was accepted");
}

describe("pipeline files", () => {
  it("fills in what is left out", () => {
    const pipeline = readPipelineText(GOOD, "p.yaml", []);
    expect(pipeline.sandbox.backend).toBe("auto");
    expect(pipeline.stages.evaluate.seeds).toBe(3);
    expect(pipeline.cells.sampling).toEqual([{}]);
  });

  it("ships pipelines that are valid", async () => {
    const files = (await readdir("pipelines")).filter((file) => file.endsWith(".yaml"));
    expect(files).toContain("quickstart.yaml");
    for (const file of files) readPipelineText(await readFile(`pipelines/${file}`, "utf8"), file, []);
  });

  it.each([
    [
      "an unknown key",
      GOOD.replace("perCell: 4", "perCell: 4\n  percell: 5"),
      /^p\.yaml:9:3: unknown key `rollouts\.percell`/,
    ],
    [
      "a wrong type",
      GOOD.replace("perCell: 4", "perCell: many"),
      /^p\.yaml:8:3: rollouts\.perCell: .*not "many"/,
    ],
    ["a missing part", GOOD.replace("stages: {}\n", ""), /^p\.yaml:1:1: stages: /],
    [
      "a name that cannot be a folder",
      GOOD.replace("name: test", "name: My Run"),
      /^p\.yaml:1:1: name: must be lower-case/,
    ],
    ["broken YAML", GOOD.replace("tasks: [a]", "tasks: [a"), /^p\.yaml:\d+:\d+: /],
    ["a key twice", `${GOOD}name: other\n`, /^p\.yaml:10:1: .*unique/i],
  ])("refuses %s with its place", (_, text, message) => {
    expect(complaint(text)).toMatch(message);
  });

  it("lays settings over the file, numbers and lists included", () => {
    const settings = [
      "sandbox.backend=docker",
      "rollouts.perCell=9",
      "cells.models.0.thinkMs=5",
      "allow=[scripted]",
    ];
    const pipeline = readPipelineText(GOOD, "p.yaml", settings);
    expect(pipeline.sandbox.backend).toBe("docker");
    expect(pipeline.rollouts.perCell).toBe(9);
    expect(pipeline.cells.models[0]).toMatchObject({ thinkMs: 5 });
    expect(pipeline.allow).toEqual(["scripted"]);
  });

  it.each([
    ["sandbox.backend=vm", /^--set sandbox\.backend=vm: sandbox\.backend: /],
    ["sandbox.bakend=docker", /^--set sandbox\.bakend=docker: unknown key `sandbox\.bakend`/],
    ["backend", /^--set backend: must be key=value/],
    ["cells.models.3.thinkMs=1", /models has no entry 3; it has 1/],
    ["name.first=x", /name is "test", which has no keys/],
    ["a..b=1", /the key has an empty part|unknown key/],
  ])("refuses the setting %s", (setting, message) => {
    expect(complaint(GOOD, [setting])).toMatch(message);
  });

  it("takes the nearer of wall clock and deadline", () => {
    const noon = new Date(2026, 10, 24, 12, 0, 0).getTime();
    const budgets = { usd: null, tokens: null, wallClockHours: null, deadline: null };
    expect(sessionMsMax(budgets, noon)).toBeNull();
    expect(sessionMsMax({ ...budgets, deadline: "13:30" }, noon)).toBe(5_400_000);
    expect(sessionMsMax({ ...budgets, deadline: "11:00" }, noon)).toBe(23 * 3_600_000);
    expect(sessionMsMax({ ...budgets, deadline: "13:30", wallClockHours: 1 }, noon)).toBe(3_600_000);
  });
});

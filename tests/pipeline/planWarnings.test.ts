// What is legal but unwise: each is said once with its key and what to do, and a sensible plan hears nothing.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { NO_HOST } from "../../src/core/host.ts";
import type { Task } from "../../src/core/task.ts";
import { makePlan } from "../../src/pipeline/plan.ts";
import { type Ground, planWarnings } from "../../src/pipeline/planWarnings.ts";
import { readPipelineText } from "../../src/pipeline/readPipeline.ts";
import { testDefinition, testTask } from "../fixtures/task.ts";

const REAL = `name: test
cells:
  tasks: [a]
  models:
    - name: m
      wire: openai
      model: x
      baseUrls: ["http://127.0.0.1:9/v1"]
      price: { inputPerMillion: 1, outputPerMillion: 2 }
  sampling:
    - { temperature: 1, maxTokens: 4096 }
rollouts:
  perCell: 8
  groupSize: 8
budgets:
  usd: 5
stages: {}
`;
const SCRIPTED = `name: test
cells:
  tasks: [a]
  models:
    - { name: m, wire: scripted }
rollouts: { perCell: 8 }
stages: {}
`;
const GROUND: Ground = { backend: "docker", coreCount: 2 };

/** The starter has 1, the optimum is 4; `b` is a benchmark. */
const TASKS = new Map<string, Task>([
  ["a", testTask({ id: "a" })],
  ["b", testTask({ id: "b", playHash: "b".repeat(64), definition: testDefinition({ use: "benchmark" }) })],
]);

function warnings(text: string, settings: readonly string[], ground: Ground = GROUND): readonly string[] {
  const identities = {
    agent: () => "agent",
    tools: () => [],
    memory: () => NO_HOST.memory,
    reach: () => ({}),
    agentWith: <T>(agent: T) => agent,
    model: (config: { name: string }) => ({ id: config.name, revision: null }),
  };
  return planWarnings(makePlan(readPipelineText(text, "p.yaml", settings), TASKS, identities), ground);
}

describe("warnings on a plan", () => {
  it.each([
    ["a real model with budget, price and limits", REAL, []],
    ["a scripted model without any budget", SCRIPTED, []],
    [
      "a scripted model's benchmark rows",
      SCRIPTED,
      ["cells.tasks=[b]", "allow=[scripted, benchmark]", "stages.export=[sft_branches]"],
    ],
    ["one seed at temperature 0", REAL, ["cells.sampling.0.temperature=0", "rollouts={ perCell: 1 }"]],
    ["a deadline as the only bound", REAL, ["budgets={ deadline: '08:00' }"]],
    ["a target that leaves room", REAL, ["rollouts.accepted=6"]],
    ["an improvement within reach", REAL, ["stages.filter.improvementMin=3"]],
  ])("are none for %s", (_, text, settings) => {
    expect(warnings(text, settings)).toEqual([]);
  });

  it.each([
    [
      "a real model without any budget",
      REAL,
      ["budgets={}"],
      /^budgets: nothing bounds what m may cost; set /,
    ],
    [
      "many seeds at temperature 0",
      REAL,
      ["cells.sampling.0.temperature=0"],
      /^cells\.sampling: at temperature 0 the 8 seeds .*; set a temperature/,
    ],
    [
      "a target near all seeds",
      REAL,
      ["rollouts.accepted=7"],
      /^rollouts\.accepted: 7 of at most 8 must be kept .*; raise perCell/,
    ],
    [
      "no room for validations",
      REAL,
      ["limits.steps=10"],
      /^limits\.steps: 10 steps leave no room for 10 validations .*\(a\); raise steps/,
    ],
    [
      "a dollar budget without maxTokens",
      REAL,
      ["cells.sampling=[{}]"],
      /^cells\.sampling: without maxTokens each call of m .*; set maxTokens/,
    ],
    [
      "a dollar budget with a price of 0",
      REAL,
      ["cells.models.0.price={ inputPerMillion: 0, outputPerMillion: 0 }"],
      /^budgets\.usd: the price of m is 0, .* against 5; give it its price/,
    ],
    [
      "a filter of endings without result",
      REAL,
      ["stages.filter.outcomes=[failed, 'failed:model']"],
      /^stages\.filter\.outcomes: \[failed, failed:model\] keeps nothing.*; add submitted/,
    ],
    [
      "a filter of more steps than there are",
      REAL,
      ["stages.filter.stepsMin=51"],
      /^stages\.filter\.stepsMin: 51 is more than .*\(a\).*; lower it/,
    ],
    [
      "a filter beyond the optimum",
      REAL,
      ["stages.filter.improvementMin=3.5"],
      /^stages\.filter\.improvementMin: 3\.5 is more than the optimum .*\(a\).*; lower it/,
    ],
    [
      "benchmark rows of a real model",
      REAL,
      ["cells.tasks=[a, b]", "allow=[benchmark]", "stages.export=[sft_branches]"],
      /^allow: rows of benchmark tasks \(b\) are exported; /,
    ],
  ])("name %s", (_, text, settings, message) => {
    const found = warnings(text, settings);
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(found.join("")).not.toContain("\n");
  });

  it("name crowds on a backend that bounds no CPU, by the machine's cores", () => {
    const crowd = ["concurrency.rollouts=17"];
    expect(warnings(SCRIPTED, crowd, { backend: "process", coreCount: 2 })).toEqual([
      expect.stringMatching(/^concurrency\.rollouts: 17 at a time on 2 cores.*lower it to 16, or use docker/),
    ]);
    expect(warnings(SCRIPTED, crowd, { backend: "process", coreCount: 4 })).toEqual([]);
    expect(warnings(SCRIPTED, crowd, { backend: "docker", coreCount: 2 })).toEqual([]);
  });

  it("come all together, in the order of the file", () => {
    const keys = warnings(REAL, [
      "cells.sampling=[{ temperature: 0 }]",
      "rollouts.accepted=8",
      "stages.filter.stepsMin=99",
    ]).map((warning) => warning.split(":")[0]);
    expect(keys).toEqual(["cells.sampling", "rollouts.accepted", "cells.sampling", "stages.filter.stepsMin"]);
  });
});

describe("the shipped quickstart", () => {
  it("is wise on two cores", async () => {
    const text = (await readFile("pipelines/quickstart.yaml", "utf8")).replace(
      /tasks: \[.*\]/,
      "tasks: [a, b]",
    );
    expect(warnings(text, [], { backend: "process", coreCount: 2 })).toEqual([]);
  });
});

// Facts are read out of observations in MLGym's form, and differences get the reason that can be told.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parseAction } from "../../src/compat/commands.ts";
import { compareFacts, type Ground } from "../../src/compat/compareFacts.ts";
import { FACT_RULES, REASONS } from "../../src/compat/facts.ts";
import { recordedFacts } from "../../src/compat/recordedFacts.ts";

const ground: Ground = {
  step: 3,
  tolerance: () => 0.03,
  isTampered: false,
  judgeReason: null,
  observation: "",
  unknownFiles: new Set(),
  rebuiltFiles: new Set(),
  secretFiles: ["data/labels.csv"],
  isElsewhere: false,
  isRandom: true,
};

function factsOf(action: string, observation: string) {
  const [command] = parseAction(action);
  if (command === undefined) throw new Error("no command");
  return recordedFacts(command, observation).map((fact) => `${fact.class} ${fact.key} = ${fact.value}`);
}

describe("facts of an observation", () => {
  it("are path, total, ranges and numbered lines of a window", () => {
    const seen = [
      "[File: /home/agent/workspace/src/a.py (40 lines total)]",
      "(2 more lines above)",
      "3:x = 1 ",
      "4:",
      '5:open("/home/agent/workspace/data/t.csv")',
      "(35 more lines below)",
      "6:no line of a file any more",
    ].join("\n");
    expect(factsOf("open src/a.py", seen)).toEqual([
      "outcome outcome = shown",
      "header window 0 = src/a.py, 40",
      "range window 0, above = 2",
      "line window 0, line 3 = x = 1 ",
      "line window 0, line 4 = ",
      'line window 0, line 5 = open("./data/t.csv")',
      "range window 0, below = 35",
    ]);
  });

  it("are the codes of lint errors, not their wording", () => {
    const seen =
      "Your edit has introduced new syntax error(s).\nERRORS:\n- E999 IndentationError: unexpected indent\n- F821 undefined name 'z'";
    expect(factsOf("edit 1:1\nx\nend_of_edit", seen)).toEqual([
      "outcome outcome = lint",
      "lint E999 = told",
      "lint F821 z = told",
    ]);
  });

  it("are scores and baselines of a validation, or the last line of what broke it", () => {
    expect(
      factsOf("validate", "…\nBaseline Score: {'Score': 1.5}\nEvaluation Score: {'Score': 1.75e-3}"),
    ).toEqual(["outcome outcome = scored", "score Score = 1.75e-3", "score baseline Score = 1.5"]);
    expect(factsOf("validate", "Failed to decode\n---\nTraceback\nValueError: too many\n---")).toEqual([
      "outcome outcome = invalid",
      "error error = ValueError: too many",
    ]);
  });

  it("are names and sizes of a folder's entries", () => {
    const seen =
      "total 8\n-r-xr-xr-x 1 agent mlgym 120 Nov  1 10:00 evaluate.py*\ndrwxr-xr-x 2 agent mlgym 4096 Nov  1 10:00 data/";
    expect(factsOf("ls -l", seen)).toEqual(["listing evaluate.py = 120 bytes", "listing data = there"]);
  });
});

describe("the page on imports", () => {
  it("names every class of facts and every reason", async () => {
    const page = await readFile(new URL("../../docs/import.md", import.meta.url), "utf8");
    const missing = [...Object.keys(FACT_RULES), ...Object.keys(REASONS)].filter(
      (name) => !page.includes(`| ${name} |`),
    );
    expect(missing).toEqual([]);
  });
});

describe("comparing", () => {
  const score = (value: string) => [{ class: "score", key: "Score", value }] as const;

  it("counts what is equal, scores within the tolerance too", () => {
    expect(compareFacts(score("1.00"), score("1.02"), ground)).toEqual({
      equal: { score: 1 },
      differences: [],
    });
  });

  it("gives a reason to what is not", () => {
    const [lucky] = compareFacts(score("1.00"), score("1.20"), ground).differences;
    expect(lucky).toMatchObject({ step: 3, recorded: "1.00", now: "1.20", reason: "randomness" });
    const [tampered] = compareFacts(score("1"), score("2"), { ...ground, isTampered: true }).differences;
    expect(tampered?.reason).toBe("tampering");
    const style = [
      { class: "outcome", key: "outcome", value: "lint" },
      { class: "lint", key: "E111", value: "told" },
    ] as const;
    const now = [{ class: "outcome", key: "outcome", value: "applied" }] as const;
    expect(compareFacts(style, now, ground).differences.map(({ reason }) => reason)).toEqual([
      "lintRule",
      "lintRule",
    ]);
    const labels = [{ class: "listing", key: "labels.csv", value: "there" }] as const;
    expect(compareFacts(labels, [], ground).differences[0]?.reason).toBe("hidden");
    const line = [{ class: "line", key: "window 0, line 1", value: "a" }] as const;
    const [missing] = compareFacts(line, [], ground).differences;
    expect(missing).toMatchObject({ recorded: "a", now: null, reason: "unexplained" });
  });
});

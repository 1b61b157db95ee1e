// MLGym's exit statuses each way, against the table that docs/import.md shows.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { endingOfMlgym, type LastEvaluation, mlgymExitStatus } from "../../src/core/mlgymStatus.ts";
import { LIMITS, type Outcome, outcomeText } from "../../src/core/outcome.ts";

const LAST: readonly LastEvaluation[] = ["scored", "invalid", "none"];
const page = await readFile(new URL("../../docs/import.md", import.meta.url), "utf8");

/** Every status that is in MLGym's published trajectories, and those its code can give. */
const REAL = [
  "submitted",
  ...["max_steps", "exit_context", "exit_cost", "exit_format", "exit_api", "exit_error"].flatMap((label) =>
    ["autosubmission", "evaluation_format_error", "submission_not_found"].map((what) => `${what} (${label})`),
  ),
  "evaluation_format_error (submit)",
  "submission_not_found (submit)",
  "exit_forfeit",
  "early_exit",
  "",
];

describe("from MLGym's statuses", () => {
  it.each(REAL)("%j and back is the same status", (status) => {
    const { outcome, last } = endingOfMlgym(status);
    expect(mlgymExitStatus(outcome, last)).toBe(status);
  });

  it.each([
    ["unknown_error (validate)", "interrupted", "none"],
    ["TimeoutError, it took too long, (submit)", "submitted", "none"],
    ["skipped", "stopped:skipped", "none"],
    ["something new", "interrupted", "none"],
  ])("%j is %s with %s", (status, outcome, last) => {
    const ending = endingOfMlgym(status);
    expect([outcomeText(ending.outcome), ending.last]).toEqual([outcome, last]);
  });
});

describe("the table in docs/import.md", () => {
  const told = new Map(
    [...page.matchAll(/^\| `([a-z:]+)` \| (scored|refused|none|any) \| (?:`([^`]*)`|empty) \|/gm)].map(
      ([, outcome, last, status]) => [`${outcome} ${last}`, status ?? ""],
    ),
  );
  const outcomes: readonly Outcome[] = [
    { kind: "submitted" },
    { kind: "forfeit" },
    ...LIMITS.map((limit): Outcome => ({ kind: "limit", limit })),
    { kind: "stopped", rule: "x" },
    ...(["sandbox", "model", "agent", "task", "judge"] as const).map(
      (boundary): Outcome => ({ kind: "failed", boundary, error: "x" }),
    ),
    { kind: "cancelled" },
    { kind: "interrupted" },
  ];

  it.each(outcomes.flatMap((outcome) => LAST.map((last) => [outcomeText(outcome), last, outcome] as const)))(
    "says what %s with %s is",
    (text, last, outcome) => {
      const name = text.startsWith("stopped") ? "stopped" : text;
      const word = last === "invalid" ? "refused" : last;
      const status = told.get(`${name} ${word}`) ?? told.get(`${name} any`);
      expect(status).toBe(mlgymExitStatus(outcome, last));
    },
  );
});

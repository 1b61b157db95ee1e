import { describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/hash.ts";
import { canonicalJson } from "../../src/core/json.ts";
import type { Verdict } from "../../src/core/verdict.ts";
import { copiesOf, dropCopies } from "../../src/stages/copies.ts";
import { testTask } from "../fixtures/task.ts";

const source = new TextEncoder().encode("def play(h): return 0\n");
const task = testTask({ workspace: [{ path: "strategy.py", data: source, executable: false }] });
const starter = sha256(
  canonicalJson([{ path: "strategy.py", sha256: sha256(source), bytes: source.byteLength }]),
);
const row = (key: string, submission: string | null, of = task) => ({ key, task: of, submission });
const kept: Verdict = { kind: "kept" };

describe("copies", () => {
  const rows = [
    row("d", "x"),
    row("b", "x"),
    row("c", "y"),
    row("a", null),
    row("e", "y", testTask({ id: "o" })),
  ];

  it("are of the first in the order of keys, whatever order they come in", () => {
    expect([...copiesOf(rows)]).toEqual([["d", "b"]]);
    expect([...copiesOf(rows.toReversed())]).toEqual([["d", "b"]]);
  });

  it("of the starter are not of one another", () => {
    expect(copiesOf([row("a", starter), row("b", starter)]).size).toBe(0);
  });

  it("are dropped where they were kept", () => {
    const lost: Verdict = { kind: "dropped", stage: "filter", reason: "outcome", detail: "forfeit" };
    const verdicts = new Map<string, Verdict>([
      ["b", kept],
      ["d", kept],
      ["f", lost],
    ]);
    const after = dropCopies(
      verdicts,
      new Map([
        ["d", "b"],
        ["f", "b"],
      ]),
    );
    expect(after.get("b")).toEqual(kept);
    expect(after.get("d")).toMatchObject({ stage: "select", reason: "flag:copy:rollout" });
    expect(after.get("f")).toEqual(lost);
  });
});

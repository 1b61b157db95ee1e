// Datasets that were written before a column was thought of: they read, with null there, and keep their table hashes.
import { describe, expect, it } from "vitest";
import { withLateColumns } from "../../src/dataset/cells.ts";
import { readTable } from "../../src/dataset/readTable.ts";
import { rolloutRows } from "../../src/dataset/rows.ts";
import { stepRowSchema, stepsTable, table, trajectoriesTable } from "../../src/dataset/schema.ts";
import { rowSha256 } from "../../src/dataset/tableHash.ts";
import { taskInfo } from "../../src/dataset/writeDataset.ts";
import { writeTable } from "../../src/dataset/writeTable.ts";
import { FIXTURE_RUN, fixtureRecord, fixtureTask } from "./fixtures.ts";
import { temporaryFolder } from "./temporary.ts";

const at = temporaryFolder();
const rows = rolloutRows(fixtureRecord({ tokens: true }), taskInfo(fixtureTask()), FIXTURE_RUN);
const limits = { rowsPerGroup: 2, bytesPerGroup: 1_000_000, bytesPerShard: 1_000_000 };

describe("a table from before its late columns", () => {
  const before = table("steps", stepRowSchema.omit({ thought: true, state_before: true }), stepsTable.key);

  it("reads as the same rows", async () => {
    const files = await writeTable(
      { root: at(), prefix: "steps", table: before, note: "", limits },
      rows.steps.map(({ thought: _thought, state_before: _state, ...row }) => row),
    );
    const read: unknown[] = [];
    for (const file of files) for await (const row of readTable(at(file.path), stepsTable)) read.push(row);
    expect(read).toEqual(rows.steps);
  });

  it("has the same hash, and another once a late column says something", () => {
    const [step] = rows.steps;
    if (step === undefined) throw new Error("the fixture has steps");
    const { thought: _thought, state_before: _state, ...old } = step;
    expect(rowSha256(before, old)).toBe(rowSha256(stepsTable, step));
    expect(rowSha256(stepsTable, { ...step, thought: "hm" })).not.toBe(rowSha256(stepsTable, step));
  });

  it("is filled within lists of structs, too", () => {
    const [step] = rows.steps;
    const actions = (step?.actions ?? []).map(({ observation: _, ...action }) => action);
    expect(withLateColumns(stepsTable.schema, { actions })).toMatchObject({
      actions: actions.map((action) => ({ ...action, observation: null })),
    });
  });

  it("leaves a row alone that has them all", () => {
    const filled = withLateColumns(trajectoriesTable.schema, rows.trajectory);
    expect(filled).toEqual(rows.trajectory);
  });
});

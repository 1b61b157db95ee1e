// The loop that all recipes of branches share: a row for each branch, or the reason why there is none.
import type { RolloutRows } from "../dataset/rows.ts";
import { type Branch, branchesOf, type ReasoningIn } from "./branches.ts";
import { type Exported, type LeftOutReason, nothing } from "./recipe.ts";

/** `make` is given the branches that have something to train, and how many branches there are; `cutOf` says how many trained turns a row lacks. */
export function eachBranch<Row extends object>(
  rollout: RolloutRows,
  reasoningIn: ReasoningIn,
  make: (branch: Branch, branchCount: number) => Row | LeftOutReason,
  cutOf: (row: Row) => number = () => 0,
): Exported<Row> {
  const branches = branchesOf(rollout, reasoningIn);
  if (branches === null) return nothing("promptUnknown");
  const rows: Row[] = [];
  const leftOut: LeftOutReason[] = branches.length === 0 ? ["noSteps"] : [];
  for (const branch of branches) {
    const made = branch.trainedCount === 0 ? "nothingToTrain" : make(branch, branches.length);
    if (typeof made === "string") leftOut.push(made);
    else rows.push(made);
  }
  return { rows, leftOut, turnsCut: rows.reduce((sum, row) => sum + cutOf(row), 0) };
}

// sft_slime: branches as lines of JSON with the mark that slime reads.
import { table } from "../dataset/schema.ts";
import { branchLineSchema, branchLines } from "./branchLines.ts";
import { pureRecipe } from "./recipe.ts";

const FORM = { arguments: "object", mark: { name: "step_loss_mask", trained: 1, untrained: 0 } } as const;

export const sftSlime = pureRecipe({
  name: "sft_slime",
  schemaVersion: "nightshift.sft_slime/1",
  doc: "The rows of `sft_branches` as lines, with `step_loss_mask` (1 or 0) on assistant turns.",
  readers: "slime (`--input-key messages --tool-key tools`)",
  form: "lines",
  reasons: ["noSteps", "nothingToTrain", "invalidToolArguments", "promptUnknown"],
  table: table("sft_slime", branchLineSchema("assistant turns have `step_loss_mask`, 1 or 0"), [
    "trajectory_id",
    "branch_index",
  ]),
  convert: (rollout) => branchLines(rollout, FORM),
});

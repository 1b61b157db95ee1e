// sft_openai: branches as lines of JSON in the form of the wire: arguments as strings, weights on assistant turns.
import { table } from "../dataset/schema.ts";
import { branchLineSchema, branchLines } from "./branchLines.ts";
import { pureRecipe } from "./recipe.ts";

const FORM = { arguments: "string", mark: { name: "weight", trained: 1, untrained: 0 } } as const;

export const sftOpenai = pureRecipe({
  name: "sft_openai",
  schemaVersion: "nightshift.sft_openai/1",
  doc: "The rows of `sft_branches` as lines in the form of the wire: tool arguments as strings, `weight` (1 or 0) on assistant turns. Chat templates want objects: use `sft_branches` for them.",
  readers: "OpenAI fine-tuning, and what speaks its wire",
  form: "lines",
  reasons: ["noSteps", "nothingToTrain", "invalidToolArguments", "promptUnknown"],
  table: table(
    "sft_openai",
    branchLineSchema(
      "tool arguments are the string that the model wrote, assistant turns have `weight`, 1 or 0",
    ),
    ["trajectory_id", "branch_index"],
  ),
  convert: (rollout) => branchLines(rollout, FORM),
});

// sft_axolotl: branches as lines of JSON with a mark on each assistant turn, as Axolotl reads it.
import { table } from "../dataset/schema.ts";
import { branchLineSchema, branchLines } from "./branchLines.ts";
import { pureRecipe } from "./recipe.ts";

const FORM = { arguments: "object", mark: { name: "train", trained: true, untrained: false } } as const;

export const sftAxolotl = pureRecipe({
  name: "sft_axolotl",
  schemaVersion: "nightshift.sft_axolotl/1",
  doc: "The rows of `sft_branches` as lines. In Axolotl: `type: chat_template`, `field_messages: messages`, `message_field_training: train`, `roles_to_train: []`.",
  readers: "Axolotl (`type: chat_template`), NeMo-RL (`use_preserving_dataset: true`)",
  form: "lines",
  reasons: ["noSteps", "nothingToTrain", "invalidToolArguments", "promptUnknown"],
  table: table("sft_axolotl", branchLineSchema("assistant turns have `train`"), [
    "trajectory_id",
    "branch_index",
  ]),
  convert: (rollout) => branchLines(rollout, FORM),
});

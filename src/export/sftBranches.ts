// sft_branches, the default recipe: one row per branch, sampled turns trained, in JSON messages that keep tool calls and
// reasoning. For an append-only rollout that is one row per trajectory.
import { z } from "zod";
import { float64, int32, json, list, orNull, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { chatMessage } from "./chatMessage.ts";
import { eachBranch } from "./eachBranch.ts";
import { openAiTools } from "./openAiTools.ts";
import { originOf, pureRecipe } from "./recipe.ts";

export const sftBranchRowSchema = z.strictObject({
  trajectory_id: text("The rollout.", { indexed: true }),
  branch_index: int32("Branch of the rollout, from 0.", { indexed: true }),
  branch_count: int32("Branches of the rollout; 1 where its history was only appended to."),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  reward: orNull(float64("Reward of the rollout.", { indexed: true })),
  trained_turns: int32("Assistant turns with `train: true`."),
  messages: list(
    json("role, content, and where they apply reasoning_content, tool_calls (arguments as objects), train."),
    "The conversation as the model saw it.",
  ),
  tools: orNull(list(json("A tool's schema."), "Tools in OpenAI's form; null in text formats.")),
});
export type SftBranchRow = z.infer<typeof sftBranchRowSchema>;

export const sftBranches = pureRecipe({
  name: "sft_branches",
  schemaVersion: "nightshift.sft_branches/1",
  doc:
    "One row per maximal span of steps in which each prompt extends the one before: exactly what the model saw. " +
    "Assistant turns carry `train`; mask the others (Axolotl: `message_field_training: train`).",
  readers: "Axolotl (`chat_template`), TRL where every assistant turn is trained, DuckDB, pyarrow",
  form: "parquet",
  reasons: ["noSteps", "nothingToTrain", "invalidToolArguments", "promptUnknown"],
  table: table("sft_branches", sftBranchRowSchema, ["trajectory_id", "branch_index"]),
  convert: (rollout) =>
    eachBranch(rollout, "rows", (branch, branchCount): SftBranchRow | "invalidToolArguments" => {
      const messages = branch.turns.map(chatMessage);
      if (!messages.every((message) => message !== null)) return "invalidToolArguments";
      const { trajectory_id, task_id, model, reward } = originOf(rollout);
      return {
        trajectory_id,
        branch_index: branch.index,
        branch_count: branchCount,
        task_id,
        model,
        reward,
        trained_turns: branch.trainedCount,
        messages,
        tools: openAiTools(rollout),
      };
    }),
});

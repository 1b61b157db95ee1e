// sft_branches, the default recipe: one row per branch, sampled turns trained, in JSON messages that keep tool calls and
// reasoning. For an append-only rollout that is one row per trajectory.
import { z } from "zod";
import type { Json } from "../core/json.ts";
import { float64, int32, json, list, orNull, text } from "../dataset/columns.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import { table } from "../dataset/schema.ts";
import { branchesOf } from "./branches.ts";
import { type ChatMessage, chatMessage } from "./chatMessage.ts";
import { type LeftOutReason, originOf, type Recipe } from "./recipe.ts";

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

export const sftBranches: Recipe<typeof sftBranchRowSchema> = {
  name: "sft_branches",
  schemaVersion: "nightshift.sft_branches/1",
  doc:
    "One row per maximal span of steps in which each prompt extends the one before: exactly what the model saw. " +
    "Assistant turns carry `train`; mask the others (Axolotl: `message_field_training: train`).",
  table: table("sft_branches", sftBranchRowSchema, ["trajectory_id", "branch_index"]),
  convert: (rollout) => {
    const branches = branchesOf(rollout, "rows");
    if (branches === null) return { rows: [], leftOut: ["promptUnknown"], turnsCut: 0 };
    const rows: SftBranchRow[] = [];
    const leftOut: LeftOutReason[] = branches.length === 0 ? ["noSteps"] : [];
    for (const branch of branches) {
      if (branch.trainedCount === 0) {
        leftOut.push("nothingToTrain");
        continue;
      }
      const messages = branch.turns.map(chatMessage);
      if (!messages.every((message) => message !== null)) {
        leftOut.push("invalidToolArguments");
        continue;
      }
      const origin = originOf(rollout);
      rows.push({
        trajectory_id: origin.trajectory_id,
        branch_index: branch.index,
        branch_count: branches.length,
        task_id: origin.task_id,
        model: origin.model,
        reward: origin.reward,
        trained_turns: branch.trainedCount,
        messages,
        tools: openAiTools(rollout),
      });
    }
    return { rows, leftOut, turnsCut: 0 };
  },
};

function openAiTools({ trajectory }: RolloutRows): ChatMessage[] | null {
  const { tools } = trajectory;
  if (!Array.isArray(tools)) return null;
  return tools.map((tool: Json) => ({ type: "function", function: tool }));
}

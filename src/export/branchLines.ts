// What recipes of branches as lines share: the columns beside the messages, and the loop that fills them.
import { z } from "zod";
import { float64, int32, json, list, orNull, text } from "../dataset/columns.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import { type ChatForm, chatMessageIn } from "./chatMessage.ts";
import { eachBranch } from "./eachBranch.ts";
import { openAiTools } from "./openAiTools.ts";
import { type Exported, originOf } from "./recipe.ts";

/** The columns of a line; `mark` says what assistant turns carry. */
export function branchLineSchema(mark: string) {
  return z.strictObject({
    messages: list(
      json(`A message with its role, content and, where they apply, tool calls; ${mark}.`),
      "The conversation as the model saw it.",
    ),
    tools: orNull(list(json("A tool's schema."), "Tools in OpenAI's form; absent in text formats.")),
    trajectory_id: text("The rollout."),
    branch_index: int32("Branch of the rollout, from 0."),
    task_id: text("Id of the task."),
    reward: orNull(float64("Reward of the rollout.")),
    trained_turns: int32("Assistant turns that are trained on."),
  });
}
export type BranchLine = z.infer<ReturnType<typeof branchLineSchema>>;

/** A line for each branch, messages in the form. */
export function branchLines(rollout: RolloutRows, form: ChatForm): Exported<BranchLine> {
  return eachBranch(rollout, "rows", (branch): BranchLine | "invalidToolArguments" => {
    const messages = branch.turns.map((turn) => chatMessageIn(turn, form));
    if (!messages.every((message) => message !== null)) return "invalidToolArguments";
    const { trajectory_id, task_id, reward } = originOf(rollout);
    return {
      messages,
      tools: openAiTools(rollout),
      trajectory_id,
      branch_index: branch.index,
      task_id,
      reward,
      trained_turns: branch.trainedCount,
    };
  });
}

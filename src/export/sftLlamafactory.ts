// sft_llamafactory: the messages of LLaMA-Factory's version 1, content in parts and a loss weight on each.
import { z } from "zod";
import { float64, int32, list, orNull, struct, text } from "../dataset/columns.ts";
import { parsedArguments } from "../dataset/messageRows.ts";
import { table } from "../dataset/schema.ts";
import type { Turn } from "./branches.ts";
import { eachBranch } from "./eachBranch.ts";
import { openAiTools } from "./openAiTools.ts";
import { originOf, pureRecipe } from "./recipe.ts";

const part = struct(
  {
    type: text("text, reasoning or tool_call."),
    value: text("The text; for a call its name and arguments as JSON."),
  },
  "A part.",
);
const message = struct(
  {
    role: text("system, user, assistant or tool."),
    content: list(part, "In order: reasoning, text, calls."),
    loss_weight: float64("1 on assistant turns that are trained on, else 0."),
  },
  "One message.",
);

export const llamaFactoryRowSchema = z.strictObject({
  messages: list(message, "The conversation as the model saw it."),
  tools: orNull(text("Tool schemas as JSON; absent in text formats.")),
  trajectory_id: text("The rollout."),
  branch_index: int32("Branch of the rollout, from 0."),
  task_id: text("Id of the task."),
  reward: orNull(float64("Reward of the rollout.")),
  trained_turns: int32("Assistant turns that are trained on."),
});
export type LlamaFactoryRow = z.infer<typeof llamaFactoryRowSchema>;

export const sftLlamafactory = pureRecipe({
  name: "sft_llamafactory",
  schemaVersion: "nightshift.sft_llamafactory/1",
  doc: "One row per branch in the messages of LLaMA-Factory v1: parts of text, reasoning and tool calls, and `loss_weight` on each message.",
  readers: "LLaMA-Factory v1",
  form: "lines",
  reasons: ["noSteps", "nothingToTrain", "invalidToolArguments", "promptUnknown"],
  table: table("sft_llamafactory", llamaFactoryRowSchema, ["trajectory_id", "branch_index"]),
  convert: (rollout) =>
    eachBranch(rollout, "rows", (branch): LlamaFactoryRow | "invalidToolArguments" => {
      const messages = branch.turns.map(partsOf);
      if (!messages.every((one) => one !== null)) return "invalidToolArguments";
      const tools = openAiTools(rollout);
      const { trajectory_id, task_id, reward } = originOf(rollout);
      return {
        messages,
        tools: tools === null ? null : JSON.stringify(tools),
        trajectory_id,
        branch_index: branch.index,
        task_id,
        reward,
        trained_turns: branch.trainedCount,
      };
    }),
});

function partsOf({ message: one, train, reasoning }: Turn): LlamaFactoryRow["messages"][number] | null {
  const content = [
    ...(one.reasoning === null || !reasoning ? [] : [{ type: "reasoning", value: one.reasoning }]),
    ...(one.content === "" && one.tool_calls !== null ? [] : [{ type: "text", value: one.content }]),
  ];
  for (const call of one.tool_calls ?? []) {
    const parsed = parsedArguments(call.arguments);
    if (parsed === null) return null;
    content.push({ type: "tool_call", value: JSON.stringify({ name: call.name, arguments: parsed }) });
  }
  return { role: one.role, content, loss_weight: train ? 1 : 0 };
}

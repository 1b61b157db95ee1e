// sft_messages: whole rollouts as messages without masks, for trainers that train on every assistant turn. Only where the history was
// appended to and nothing else: then the model saw just this.
import { z } from "zod";
import { float64, int32, json, list, orNull, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { branchesOf } from "./branches.ts";
import { unmarkedMessage } from "./chatMessage.ts";
import { masklessTurns } from "./maskless.ts";
import { openAiTools } from "./openAiTools.ts";
import { nothing, originOf, pureRecipe } from "./recipe.ts";

export const sftMessagesRowSchema = z.strictObject({
  trajectory_id: text("The rollout.", { indexed: true }),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  reward: orNull(float64("Reward of the rollout.", { indexed: true })),
  trained_turns: int32("Assistant turns: all of them are trained on."),
  messages: list(
    json("A message; see `sft_branches`, without `train`."),
    "The conversation as the model saw it.",
  ),
  tools: orNull(list(json("A tool's schema."), "Tools in OpenAI's form; null in text formats.")),
});
export type SftMessagesRow = z.infer<typeof sftMessagesRowSchema>;

export const sftMessages = pureRecipe({
  name: "sft_messages",
  schemaVersion: "nightshift.sft_messages/1",
  doc:
    "One row a rollout whose history was only appended to, with tools and reasoning and without masks: every assistant turn is trained on, so a row " +
    "ends before the first that must not be. In TRL set `assistant_only_loss: true`.",
  readers: "TRL SFT (`messages`, `tools`), prime-rl, SkyRL, Unsloth",
  form: "parquet",
  reasons: [
    "noSteps",
    "nothingToTrain",
    "invalidToolArguments",
    "promptUnknown",
    "unmaskableTurn",
    "rewrittenHistory",
  ],
  table: table("sft_messages", sftMessagesRowSchema, ["trajectory_id"]),
  convert: (rollout) => {
    const branches = branchesOf(rollout, "rows");
    if (branches === null) return nothing("promptUnknown");
    const [branch, ...others] = branches;
    if (branch === undefined) return nothing("noSteps");
    if (others.length > 0) return nothing("rewrittenHistory");
    if (branch.trainedCount === 0) return nothing("nothingToTrain");
    const usable = masklessTurns(branch);
    if (usable === null) return nothing("unmaskableTurn");
    const messages = usable.turns.map(unmarkedMessage);
    if (!messages.every((message) => message !== null)) return nothing("invalidToolArguments");
    const { trajectory_id, task_id, model, reward } = originOf(rollout);
    const row: SftMessagesRow = {
      trajectory_id,
      task_id,
      model,
      reward,
      trained_turns: usable.trained,
      messages,
      tools: openAiTools(rollout),
    };
    return { rows: [row], leftOut: [], turnsCut: usable.cut };
  },
});

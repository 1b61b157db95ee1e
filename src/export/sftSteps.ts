// sft_steps: one row a reply, as prompt and completion: the only form that is faithful whatever the history did, and that every
// trainer masks rightly by itself. It repeats the prompt, so it costs tokens that grow with the square of a rollout's length.
import { z } from "zod";
import { float32, float64, int32, json, list, orNull, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { unmarkedMessage } from "./chatMessage.ts";
import { openAiTools } from "./openAiTools.ts";
import { type LeftOutReason, nothing, originOf, pureRecipe } from "./recipe.ts";
import { stepTurns } from "./stepTurns.ts";

export const sftStepRowSchema = z.strictObject({
  trajectory_id: text("The rollout.", { indexed: true }),
  step_index: int32("The step, from 0.", { indexed: true }),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  reward: orNull(float64("Reward of the rollout.", { indexed: true })),
  row_weight: float32("1 / steps of the rollout: so weighted, long rollouts count no more than short ones."),
  trained_turns: int32("1: the completion."),
  prompt: list(json("A message; see `sft_branches`, without `train`."), "Exactly what was sent."),
  completion: list(json("A message."), "The reply: one assistant message."),
  tools: orNull(list(json("A tool's schema."), "Tools in OpenAI's form; null in text formats.")),
});
export type SftStepRow = z.infer<typeof sftStepRowSchema>;

export const sftSteps = pureRecipe({
  name: "sft_steps",
  schemaVersion: "nightshift.sft_steps/1",
  doc:
    "One row a trained reply, as `prompt` and `completion` (one assistant message): loss on the completion only, which is the " +
    "default of trainers that know the form. `row_weight` evens out long and short rollouts where a trainer weighs rows.",
  readers: "TRL SFT (prompt-completion), prime-rl, OpenRLHF (`input_key: prompt`, `output_key: completion`)",
  form: "parquet",
  reasons: ["noSteps", "nothingToTrain", "invalidToolArguments", "promptUnknown"],
  table: table("sft_steps", sftStepRowSchema, ["trajectory_id", "step_index"]),
  convert: (rollout) => {
    const { steps } = rollout;
    if (steps.length === 0) return nothing("noSteps");
    const rows: SftStepRow[] = [];
    const leftOut: LeftOutReason[] = [];
    const tools = openAiTools(rollout);
    for (const step of steps) {
      const turns = stepTurns(rollout, step);
      if (turns === null) return nothing("promptUnknown");
      if (!step.train) {
        leftOut.push("nothingToTrain");
        continue;
      }
      const prompt = turns.prompt.map(unmarkedMessage);
      const reply = unmarkedMessage(turns.reply);
      if (reply === null || !prompt.every((message) => message !== null)) {
        leftOut.push("invalidToolArguments");
        continue;
      }
      const { trajectory_id, task_id, model, reward } = originOf(rollout);
      rows.push({
        trajectory_id,
        step_index: step.step_index,
        task_id,
        model,
        reward,
        row_weight: Math.fround(1 / steps.length),
        trained_turns: 1,
        prompt,
        completion: [reply],
        tools,
      });
    }
    return { rows, leftOut, turnsCut: 0 };
  },
});

// kto: whole rollouts with a verdict each, good or not, for training on unpaired preferences.
import { z } from "zod";
import { bool, float64, json, list, orNull, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { openAiTools } from "./openAiTools.ts";
import { nothing, originOf, type Recipe } from "./recipe.ts";
import { WHOLE_REASONS, wholeConversation } from "./wholeConversation.ts";

export const ktoRowSchema = z.strictObject({
  trajectory_id: text("The rollout.", { indexed: true }),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  reward: orNull(float64("Reward of the rollout.", { indexed: true })),
  prompt: list(json("A message; see `sft_steps`."), "The prompt of the first step."),
  completion: list(json("A message."), "All that followed, observations too."),
  label: bool("`success`: better than the starter by at least two standard errors."),
  tools: orNull(list(json("A tool's schema."), "Tools in OpenAI's form; null in text formats.")),
});

export const kto: Recipe<typeof ktoRowSchema> = {
  name: "kto",
  schemaVersion: "nightshift.kto/1",
  doc:
    "One row a scored rollout whose history was only appended to, labelled by its success. Observations are in the completion, and so in the loss of trainers " +
    "that do not mask them. A filter that keeps successes only leaves one label: keep failures too.",
  readers: "TRL KTO (unpaired preference)",
  form: "parquet",
  reasons: [...WHOLE_REASONS, "notScored"],
  table: table("kto", ktoRowSchema, ["trajectory_id"]),
  open: () => {
    const labels = { true: 0, false: 0 };
    return {
      convert: (rollout) => {
        const { success } = rollout.trajectory;
        if (success === null) return nothing("notScored");
        const whole = wholeConversation(rollout);
        if (typeof whole === "string") return nothing(whole);
        labels[success ? "true" : "false"]++;
        const { trajectory_id, task_id, model, reward } = originOf(rollout);
        const { prompt, completion } = whole;
        const row = {
          trajectory_id,
          task_id,
          model,
          reward,
          prompt: [...prompt],
          completion: [...completion],
          label: success,
          tools: openAiTools(rollout),
        };
        return { rows: [row], leftOut: [], turnsCut: 0 };
      },
      close: () => ({
        notes:
          labels.true > 0 && labels.false > 0
            ? []
            : ["Every row has the same label, which teaches nothing: keep failures as well as successes."],
        figures: { labels: { ...labels } },
      }),
    };
  },
};

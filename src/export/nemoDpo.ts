// nemo_dpo: the pairs of dpo_steps as lines in the form of NeMo-RL's preference data: a context, and two completions by rank.
import { z } from "zod";
import { float64, int32, json, list, orNull, struct, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { PAIR_REASONS } from "./pairedSides.ts";
import { pairedSteps } from "./pairedSteps.ts";
import type { Recipe } from "./recipe.ts";

export const nemoDpoRowSchema = z.strictObject({
  context: list(json("A message."), "What both were sent."),
  completions: list(
    struct(
      { rank: int32("0: preferred."), completion: list(json("A message."), "One assistant message.") },
      "A completion.",
    ),
    "Two.",
  ),
  task_name: text("Id of the task."),
  tools: orNull(list(json("A tool's schema."), "Tools in OpenAI's form.")),
  prompt_sha256: text("Hash over tools and messages of the prompt."),
  pair_index: int32("Among the pairs of the prompt, from 0."),
  trajectory_id: text("The rollout of the preferred completion."),
  margin: float64("Difference of the rewards."),
});

export const nemoDpo: Recipe<typeof nemoDpoRowSchema> = {
  name: "nemo_dpo",
  schemaVersion: "nightshift.nemo_dpo/1",
  doc: "The pairs of `dpo_steps` in NeMo-RL's form: `context`, and `completions` by `rank` (0 preferred), one assistant message each.",
  readers: "NeMo-RL (`PreferenceDataset`)",
  form: "lines",
  reasons: PAIR_REASONS,
  table: table("nemo_dpo", nemoDpoRowSchema, ["prompt_sha256", "pair_index"]),
  open: () =>
    pairedSteps(({ pair, taskId, prompt, chosen, rejected, tools }) => ({
      context: [...prompt],
      completions: [
        { rank: 0, completion: [...chosen] },
        { rank: 1, completion: [...rejected] },
      ],
      task_name: taskId,
      tools: tools === null ? null : [...tools],
      prompt_sha256: pair.promptSha256,
      pair_index: pair.pairIndex,
      trajectory_id: pair.chosen.trajectoryId,
      margin: pair.chosen.reward - pair.rejected.reward,
    })),
};

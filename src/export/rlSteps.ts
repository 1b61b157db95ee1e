// rl_steps: offline RL at the level of tokens, one row a model call: what was read, what was sampled and how likely it was, and the
// reward. The steps of a rollout stand together and in order, as SkyRL's step-wise training wants them.
import { z } from "zod";
import { bool, float32, float64, int32, list, orNull, text } from "../dataset/columns.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import { table } from "../dataset/schema.ts";
import { type GroupStatistics, groupAdvantage } from "./groupAdvantage.ts";
import { groupedRewards } from "./groupedRewards.ts";
import { lengthHistogram } from "./lengthHistogram.ts";
import { type Exported, type Fate, nothing, originOf, type Recipe, TOKEN_GROUP_BYTES } from "./recipe.ts";
import { tokenDrift } from "./tokenDrift.ts";
import { hasTokenIds, tokenSteps } from "./tokenSteps.ts";

export const rlStepRowSchema = z.strictObject({
  trajectory_id: text("The rollout.", { indexed: true }),
  step_index: int32("The step, from 0.", { indexed: true }),
  is_last_step: bool("The last step of its rollout."),
  group_id: text("Rollouts to be compared with one another.", { indexed: true }),
  group_index: int32("Position in the group, from 0."),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  prompt_token_ids: list(int32("Token id."), "The whole prompt, as the server returned it."),
  response_ids: list(int32("Token id."), "Sampled ids, stop token included."),
  loss_mask: list(
    int32("0 or 1."),
    "1 for each sampled id: replies of the wrong form were sampled too, and the reward says what they led to.",
  ),
  rollout_logprobs: orNull(
    list(float32("Natural log."), "Of the sampled ids; null where the server gave none."),
  ),
  reward: float64("Reward of the rollout.", { indexed: true }),
  rewards: list(
    float64("Reward."),
    "By sampled id: 0, and the rollout's reward on the last id of its last step.",
  ),
  advantage: orNull(
    float32(
      "(reward − mean) / deviation over the scored rollouts of the group that the datasets hold, kept or not; null in a group of one.",
    ),
  ),
  policy_version: orNull(text("Version of the weights that sampled this step.")),
  temperature: orNull(float64("Sampling temperature; null: the provider's default.")),
});
export type RlStepRow = z.infer<typeof rlStepRowSchema>;

export const rlSteps: Recipe<typeof rlStepRowSchema> = {
  name: "rl_steps",
  schemaVersion: "nightshift.rl_steps/1",
  doc:
    "One row a model call with its token ids and log-probabilities as the server returned them, the reward on the last token of the last step, and " +
    "a group-relative advantage. Sorted by rollout and step. What was dropped by a filter counts for its group's mean, and gives no row.",
  readers: "SkyRL (step-wise), and offline loops of verl, AReaL or slime over its columns",
  form: "parquet",
  bytesPerGroup: TOKEN_GROUP_BYTES,
  reasons: ["noSteps", "tokenIdsAbsent", "notScored"],
  table: table("rl_steps", rlStepRowSchema, ["trajectory_id", "step_index"]),
  open: () => {
    const groups = groupedRewards();
    const lengths = lengthHistogram();
    const drift = tokenDrift();
    const fates: Fate[] = [];
    return {
      survey: groups.add,
      convert: (rollout) => {
        const exported = stepRows(rollout, groups.of(rollout.trajectory.group_id));
        fates.push(exported.leftOut[0] ?? "exported");
        if (exported.rows.length > 0) drift.add(rollout);
        for (const row of exported.rows) lengths.add(row.prompt_token_ids.length + row.response_ids.length);
        return { ...exported, leftOut: [] };
      },
      close: () => {
        const note = drift.note();
        return {
          notes: note === null ? [] : [note],
          figures: {
            lengths: lengths.figures(),
            drift: drift.figures(),
            groups: groups.figures(),
          },
          fates,
        };
      },
    };
  },
};

function stepRows(rollout: RolloutRows, group: GroupStatistics): Exported<RlStepRow> {
  const { trajectory, steps } = rollout;
  const { reward, group_id, group_index } = trajectory;
  if (steps.length === 0) return nothing("noSteps");
  // The reward stands on the last token, so there has to be one.
  if (!hasTokenIds(steps) || steps.at(-1)?.completion_token_ids?.length === 0)
    return nothing("tokenIdsAbsent");
  if (reward === null) return nothing("notScored");
  const advantage = groupAdvantage(reward, group);
  const { trajectory_id, task_id, model } = originOf(rollout);
  const rows = [...tokenSteps(steps)].map(({ step, promptIds, completionIds, logprobs }): RlStepRow => {
    const lastToken = step.is_last ? completionIds.length - 1 : -1;
    return {
      trajectory_id,
      step_index: step.step_index,
      is_last_step: step.is_last,
      group_id,
      group_index,
      task_id,
      model,
      prompt_token_ids: [...promptIds],
      response_ids: [...completionIds],
      loss_mask: completionIds.map(() => 1),
      rollout_logprobs: logprobs === null ? null : [...logprobs],
      reward,
      rewards: completionIds.map((_, index) => (index === lastToken ? reward : 0)),
      advantage: advantage === null ? null : Math.fround(advantage),
      policy_version: step.policy_version,
      temperature: trajectory.sampling.temperature,
    };
  });
  return { rows, leftOut: [], turnsCut: 0 };
}

// rl_flat: offline RL over whole spans of tokens: one list of ids, and lists of the same length that say of each what was sampled, how likely
// it was, by which weights, and what it was worth.
import { z } from "zod";
import { bool, float32, float64, int32, list, orNull, text } from "../dataset/columns.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import { table } from "../dataset/schema.ts";
import { type GroupStatistics, groupAdvantage } from "./groupAdvantage.ts";
import { groupedRewards } from "./groupedRewards.ts";
import { lengthHistogram } from "./lengthHistogram.ts";
import { type Exported, type Fate, nothing, originOf, type Recipe, TOKEN_GROUP_BYTES } from "./recipe.ts";
import { hasTokenIds, tokenSteps } from "./tokenSteps.ts";

export const rlFlatRowSchema = z.strictObject({
  trajectory_id: text("The rollout.", { indexed: true }),
  branch_index: int32("Span of the rollout in which each prompt's ids extend the last, from 0.", {
    indexed: true,
  }),
  group_id: text("Rollouts to be compared with one another.", { indexed: true }),
  task_id: text("Id of the task."),
  env_name: text("The task's family."),
  reward: float64("Reward of the rollout.", { indexed: true }),
  token_ids: list(int32("Token id."), "Everything that was read and sampled, in order."),
  mask: list(bool("Sampled."), "By id: whether the model sampled it."),
  logprobs: list(float32("Natural log."), "By id; 0 where it was not sampled."),
  temperatures: orNull(
    list(float32("Temperature."), "By id: that of the sampling; null: the provider's default."),
  ),
  versions: orNull(
    list(
      int32("Version."),
      "By id: the weights' version, −1 where it was not sampled; null where versions are no whole numbers.",
    ),
  ),
  advantages: orNull(
    list(float32("Advantage."), "By id: the rollout's, 0 where it was not sampled; null in a group of one."),
  ),
});
export type RlFlatRow = z.infer<typeof rlFlatRowSchema>;

export const rlFlat: Recipe<typeof rlFlatRowSchema> = {
  name: "rl_flat",
  schemaVersion: "nightshift.rl_flat/1",
  doc:
    "One row per maximal span of steps in which each prompt's token ids extend those before: ids with lists of the same length for what was sampled, log-probabilities, " +
    "temperatures, versions of the weights, and the group-relative advantage of `rl_steps`.",
  readers: "prime-rl (`TrainingSample`), AReaL (rename `mask` to `loss_mask`)",
  form: "parquet",
  bytesPerGroup: TOKEN_GROUP_BYTES,
  reasons: ["noSteps", "tokenIdsAbsent", "logprobsAbsent", "notScored"],
  table: table("rl_flat", rlFlatRowSchema, ["trajectory_id", "branch_index"]),
  open: () => {
    const groups = groupedRewards();
    const lengths = lengthHistogram();
    const fates: Fate[] = [];
    return {
      survey: groups.add,
      convert: (rollout) => {
        const exported = flatRows(rollout, groups.of(rollout.trajectory.group_id));
        fates.push(exported.leftOut[0] ?? "exported");
        for (const row of exported.rows) lengths.add(row.token_ids.length);
        return { ...exported, leftOut: [] };
      },
      close: () => ({ notes: [], figures: { lengths: lengths.figures(), groups: groups.figures() }, fates }),
    };
  },
};

interface Span {
  readonly ids: number[];
  readonly mask: boolean[];
  readonly logprobs: number[];
  readonly versions: number[];
}

function flatRows(rollout: RolloutRows, group: GroupStatistics): Exported<RlFlatRow> {
  const { trajectory, steps } = rollout;
  const { reward, group_id, task_family, sampling } = trajectory;
  if (steps.length === 0) return nothing("noSteps");
  if (!hasTokenIds(steps)) return nothing("tokenIdsAbsent");
  if (steps.some(({ logprobs }) => logprobs === null)) return nothing("logprobsAbsent");
  if (reward === null) return nothing("notScored");
  const spans: Span[] = [];
  for (const { step, promptIds, completionIds, logprobs, before } of tokenSteps(steps)) {
    let span = spans.at(-1);
    if (span === undefined || before === null || before.reused !== before.count) {
      span = { ids: [], mask: [], logprobs: [], versions: [] };
      spans.push(span);
    }
    const push = (id: number, sampled: boolean, logprob: number, version: number) => {
      span.ids.push(id);
      span.mask.push(sampled);
      span.logprobs.push(logprob);
      span.versions.push(version);
    };
    for (const id of promptIds.slice(span.ids.length)) push(id, false, 0, -1);
    const version = versionOf(step.policy_version);
    for (const [index, id] of completionIds.entries()) push(id, true, logprobs?.[index] ?? 0, version);
  }
  const hasVersions = steps.every(({ policy_version }) => versionOf(policy_version) >= 0);
  const advantage = groupAdvantage(reward, group);
  const { trajectory_id, task_id } = originOf(rollout);
  const rows = spans.map(
    (span, index): RlFlatRow => ({
      trajectory_id,
      branch_index: index,
      group_id,
      task_id,
      env_name: task_family ?? task_id,
      reward,
      token_ids: span.ids,
      mask: span.mask,
      logprobs: span.logprobs,
      temperatures: onEach(span, sampling.temperature, sampling.temperature),
      versions: hasVersions ? span.versions : null,
      advantages: onEach(span, advantage, 0),
    }),
  );
  return { rows, leftOut: [], turnsCut: 0 };
}

/** A value on each sampled id, another one elsewhere; null where there is no value. */
function onEach({ mask }: Span, sampled: number | null, other: number | null): number[] | null {
  if (sampled === null || other === null) return null;
  const [one, rest] = [Math.fround(sampled), Math.fround(other)];
  return mask.map((isSampled) => (isSampled ? one : rest));
}

/** −1 where a version is no whole number. */
function versionOf(text: string | null): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : -1;
}

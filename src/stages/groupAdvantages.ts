// What each rollout is worth beside the others of its group, from the scores of record alone: no text is read for it.
import { type AdvantageName, advantagesOf, type GroupMember } from "../rewards/advantages.ts";
import { scoreStatistics } from "../rewards/scoreStatistics.ts";
import type { DecidedRollout } from "./decidedRollout.ts";
import { rewardsOfRollout } from "./rewardsOfRollout.ts";
import { scoresOf } from "./score.ts";
import type { ScoreConfig } from "./scoreConfig.ts";

export type Advantages = Readonly<Record<AdvantageName, number | null>>;

/** By rollout key; one without a reward has none and counts for no group. Dropped rollouts count: what was sampled is what is compared. */
export function groupAdvantages(
  rollouts: readonly DecidedRollout[],
  config: ScoreConfig,
): ReadonlyMap<string, Advantages> {
  const found = new Map<string, Advantages>();
  for (const group of Map.groupBy(rollouts, ({ group }) => group).values()) {
    const members = group.flatMap((rollout) => {
      const { value } = rewardsOfRollout(rollout, config.reward);
      return value === null ? [] : [{ key: rollout.key, member: memberOf(rollout, value) }];
    });
    const values = advantagesOf(members.map(({ member }) => member));
    for (const [index, { key }] of members.entries()) {
      const value = values[index];
      if (value !== undefined) found.set(key, value);
    }
  }
  return found;
}

function memberOf({ task, final, lastValid }: DecidedRollout, reward: number): GroupMember {
  const judged = lastValid?.kind === "scored" ? lastValid : final;
  return { reward, score: scoreStatistics(scoresOf(judged), task.definition.sigma) };
}

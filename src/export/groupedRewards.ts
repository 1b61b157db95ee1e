// The rewards of groups, gathered in a survey: of every scored rollout that the datasets hold, exported or not.
import type { Json } from "../core/json.ts";
import { type GroupStatistics, groupStatistics } from "./groupAdvantage.ts";
import type { SurveyedRollout } from "./survey.ts";

export interface GroupedRewards {
  add(rollout: Pick<SurveyedRollout, "trajectory">): void;
  of(groupId: string): GroupStatistics;
  figures(): { readonly [name: string]: Json };
}

/** Keeps a number for each scored rollout. */
export function groupedRewards(): GroupedRewards {
  const rewards = new Map<string, number[]>();
  const known = new Map<string, GroupStatistics>();
  return {
    add: ({ trajectory: { group_id, reward } }) => {
      if (reward === null) return;
      const group = rewards.get(group_id);
      if (group === undefined) rewards.set(group_id, [reward]);
      else group.push(reward);
    },
    of: (groupId) => {
      const statistics = known.get(groupId) ?? groupStatistics(rewards.get(groupId) ?? []);
      known.set(groupId, statistics);
      return statistics;
    },
    figures: () => {
      const groups = [...rewards.values()].map(groupStatistics);
      return {
        scored: groups.length,
        ofOne: groups.filter(({ count }) => count < 2).length,
        withoutVariance: groups.filter(({ count, deviation }) => count >= 2 && deviation === 0).length,
      };
    },
  };
}

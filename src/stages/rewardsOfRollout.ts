// The rewards of a decided rollout, from its scores of record.
import { type RewardName, type Rewards, rewardsOf } from "../rewards/rewardsOf.ts";
import type { DecidedRollout } from "./decidedRollout.ts";
import { scoresOf } from "./score.ts";

export function rewardsOfRollout(
  { task, final, best, lastValid }: DecidedRollout,
  reward: RewardName,
): Rewards {
  const standIn = lastValid?.kind === "scored" ? scoresOf(lastValid) : null;
  return rewardsOf(reward, task.definition, scoresOf(final), scoresOf(best), standIn);
}

// What the steps of a rollout are rewarded with for what `validate` told the agent, by a named function.
import type { Task } from "../core/task.ts";
import type { Trajectory } from "../core/trajectory.ts";
import { STEP_REWARDS, type StepRewardName } from "../rewards/stepReward.ts";

/** One value a step; null where none can be stated. Several validations in one step: the last one that was scored speaks for it. */
export function stepRewards(
  { steps }: Trajectory,
  task: Task,
  name: StepRewardName,
): readonly (number | null)[] {
  const scores: number[] = [];
  return steps.map(({ actions }) => {
    const found = actions.flatMap(({ result }) => result?.validation?.score ?? []);
    const last = found.at(-1);
    if (last !== undefined) scores.push(last);
    return STEP_REWARDS[name](task.definition, scores, last !== undefined);
  });
}

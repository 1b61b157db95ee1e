// Step masks: replies that stay in a rollout as what was seen, and are not trained on.
import type { RolloutRows } from "../dataset/rows.ts";
import { isFailed } from "./contentFault.ts";
import type { CurateRules } from "./rules.ts";

export interface Masked {
  readonly rollout: RolloutRows;
  /** Replies that were to be trained on, and are not any more. */
  readonly count: number;
}

/** The rollout with `train` false, and why, on each reply that a mask names; those that were not trained on stay as they were. */
export function masked(rollout: RolloutRows, rules: CurateRules): Masked {
  if (!rules.maskActionErrors) return { rollout, count: 0 };
  const reasons = new Map<number, string>();
  for (const step of rollout.steps) {
    if (step.train && step.actions.some(isFailed)) reasons.set(step.response_msg, "actionError");
  }
  if (reasons.size === 0) return { rollout, count: 0 };
  const { trajectory, steps } = rollout;
  return {
    count: reasons.size,
    rollout: {
      trajectory: {
        ...trajectory,
        messages: trajectory.messages.map((message) => {
          const why = reasons.get(message.idx);
          return why === undefined ? message : { ...message, train: false, train_reason: why };
        }),
      },
      steps: steps.map((step) => (reasons.has(step.response_msg) ? { ...step, train: false } : step)),
    },
  };
}

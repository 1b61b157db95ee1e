// How often the ids of a prompt go on from the ids that the model read and wrote before. Where they do not, although the messages
// do, text was tokenised or templated anew on its way back: a row made of the messages then trains on other tokens than were sampled.
import type { Json } from "../core/json.ts";
import { extendsStep } from "../dataset/contextMode.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import { tokenSteps } from "./tokenSteps.ts";

export interface TokenDrift {
  add(rollout: RolloutRows): void;
  figures(): { readonly [name: string]: Json };
  /** A sentence where there is any; null where all is well. */
  note(): string | null;
}

/** Counts the boundaries between two steps: how the later prompt's ids begin. */
export function tokenDrift(): TokenDrift {
  let rollouts = 0;
  const boundaries = { extended: 0, drifted: 0, reasoningDropped: 0, rewritten: 0 };
  const total = () => Object.values(boundaries).reduce((sum, n) => sum + n, 0);
  return {
    add: ({ trajectory, steps }) => {
      rollouts++;
      for (const { step, before } of tokenSteps(steps)) {
        if (before === null) continue;
        const last = steps[step.step_index - 1];
        if (before.reused === before.count) boundaries.extended++;
        else if (last === undefined || !messagesExtend(last, step)) boundaries.rewritten++;
        else if ((trajectory.messages[last.response_msg]?.reasoning ?? "") !== "")
          boundaries.reasoningDropped++;
        else boundaries.drifted++;
      }
    },
    figures: () => ({
      rollouts,
      boundaries: total(),
      ...boundaries,
      driftRate: total() === 0 ? 0 : boundaries.drifted / total(),
    }),
    note: () => {
      const { drifted, reasoningDropped } = boundaries;
      if (drifted + reasoningDropped === 0) return null;
      return (
        `Of ${total()} prompts that follow a step, ${drifted} repeat its text in other tokens than were sampled, and ${reasoningDropped} leave ` +
        "out its reasoning; each begins a row of its own here. Rows made of messages train on other tokens there."
      );
    },
  };
}

function messagesExtend(
  before: { readonly prompt_msgs: readonly number[] | null; readonly response_msg: number },
  next: { readonly prompt_msgs: readonly number[] | null; readonly response_msg: number },
): boolean {
  if (before.prompt_msgs === null || next.prompt_msgs === null) return false;
  return extendsStep(
    { prompt_msgs: before.prompt_msgs, response_msg: before.response_msg },
    { prompt_msgs: next.prompt_msgs, response_msg: next.response_msg },
  );
}

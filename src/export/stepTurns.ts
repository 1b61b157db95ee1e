// A step as the model saw it: its prompt and its reply as turns of a conversation.
import { REASONING_IN_HISTORY } from "../core/model.ts";
import { reasoningSent } from "../dataset/contextMode.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import type { StepRow } from "../dataset/schema.ts";
import type { Turn } from "./branches.ts";

export interface StepTurns {
  readonly prompt: readonly Turn[];
  readonly reply: Turn;
}

/** Null where the record does not say what was sent. */
export function stepTurns({ trajectory }: Pick<RolloutRows, "trajectory">, step: StepRow): StepTurns | null {
  if (step.prompt_msgs === null) return null;
  const policy = REASONING_IN_HISTORY.find((name) => name === trajectory.reasoning_in_history) ?? "none";
  const sent = reasoningSent(step.prompt_msgs, trajectory.messages, policy);
  const prompt = step.prompt_msgs.flatMap((index): Turn[] => {
    const message = trajectory.messages[index];
    return message === undefined ? [] : [{ message, train: false, reasoning: sent.has(index) }];
  });
  const reply = trajectory.messages[step.response_msg];
  return reply === undefined
    ? null
    : { prompt, reply: { message: reply, train: step.train, reasoning: true } };
}

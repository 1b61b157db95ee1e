// A rollout in one piece, as preference and reward formats want it: the first prompt, and all that followed. Only where the history was
// appended to and nothing else, since the model saw no other rollout in one piece.
import type { RolloutRows } from "../dataset/rows.ts";
import { branchesOf } from "./branches.ts";
import { type ChatMessage, unmarkedMessage } from "./chatMessage.ts";
import type { LeftOutReason } from "./recipe.ts";

export interface WholeConversation {
  readonly prompt: readonly ChatMessage[];
  /** From the first reply to the last one that is trained on, observations between them. */
  readonly completion: readonly ChatMessage[];
}

export const WHOLE_REASONS = [
  "noSteps",
  "nothingToTrain",
  "promptUnknown",
  "rewrittenHistory",
  "invalidToolArguments",
] as const satisfies readonly LeftOutReason[];

export function wholeConversation(rollout: RolloutRows): WholeConversation | LeftOutReason {
  const branches = branchesOf(rollout, "rows");
  if (branches === null) return "promptUnknown";
  const [branch, ...others] = branches;
  if (branch === undefined) return "noSteps";
  if (others.length > 0) return "rewrittenHistory";
  if (branch.trainedCount === 0) return "nothingToTrain";
  const messages = branch.turns.map(unmarkedMessage);
  if (!messages.every((message) => message !== null)) return "invalidToolArguments";
  const length = rollout.steps[0]?.prompt_msgs?.length ?? 0;
  return { prompt: messages.slice(0, length), completion: messages.slice(length) };
}

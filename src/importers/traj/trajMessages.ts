// The message pool of an imported trajectory: MLGym's history as it was kept, and which of its messages belong to which step.
import { UserError } from "../../core/errors.ts";
import { type Message, messageSha256 } from "../../core/message.ts";
import type { MessageRow } from "../../dataset/schema.ts";
import type { Traj, TrajHistoryItem } from "./trajFile.ts";

export interface TrajPool {
  readonly messages: readonly MessageRow[];
  /** By step: pool index of its reply, and of the message that carried its observation to the model; null where none did. */
  readonly steps: readonly { readonly response: number; readonly observation: number | null }[];
}

/** What MLGym puts in the place of a reply when it ends an episode for a limit. */
const MADE_UP_REPLY = /^Exit due to /;
/** Actions that MLGym itself chooses to end an episode; the agent has `exit_forfeit` of its own. */
const ENDING_ACTION = /^exit_(?:context|cost|format|api|error)$/;

/** True for an action that no model chose. */
export function isEndingAction(action: string): boolean {
  return ENDING_ACTION.test(action.trim());
}

/** Throws a UserError where the history is not that of the steps. */
export function trajMessages({ history, trajectory }: Pick<Traj, "history" | "trajectory">): TrajPool {
  const replies: number[] = [];
  const carriers: number[] = [];
  const messages = history.map((item, idx): MessageRow => {
    const of = (kind: string, step: number | null, sampled: boolean) =>
      row(item, { idx, kind, step, sampled });
    if (item.role === "system") return of("system", null, false);
    if (item.is_demo) return of("demo", null, false);
    if (item.role === "user") {
      carriers.push(idx);
      const before = replies.length - 1;
      return before < 0 ? of("task", null, false) : of("observation", before, false);
    }
    const index = replies.push(idx) - 1;
    const step = trajectory[index];
    if (step !== undefined && step.response !== null && step.response !== item.content) {
      throw new UserError(
        `does not fit together: reply ${index} of the history is not that of step ${index}`,
      );
    }
    const madeUp = step !== undefined && isEndingAction(step.action) && MADE_UP_REPLY.test(item.content);
    return of("reply", step === undefined ? null : index, !madeUp);
  });
  if (replies.length < trajectory.length) {
    const found = `${replies.length} replies for ${trajectory.length} steps`;
    throw new UserError(`does not fit together: its history holds ${found}`);
  }
  const steps = replies.slice(0, trajectory.length).map((response) => {
    const next = carriers.find((idx) => idx > response);
    const isOwn = next !== undefined && !replies.some((reply) => reply > response && reply < next);
    return { response, observation: isOwn ? next : null };
  });
  return { messages, steps };
}

function row(
  item: TrajHistoryItem,
  of: {
    readonly idx: number;
    readonly kind: string;
    readonly step: number | null;
    readonly sampled: boolean;
  },
): MessageRow {
  return {
    ...of,
    role: item.role,
    content: item.content,
    reasoning: null,
    reasoning_parts: null,
    name: null,
    tool_call_id: null,
    tool_calls: null,
    layout: null,
    derived_from: null,
    train: false,
    train_reason: item.role !== "assistant" ? null : of.sampled ? "imported" : "notSampled",
    timestamp_ms: null,
    sha256: messageSha256(messageOf(item)),
  };
}

function messageOf({ role, content }: TrajHistoryItem): Message {
  return role === "assistant" ? { role, content, reasoning: [], toolCalls: [] } : { role, content };
}

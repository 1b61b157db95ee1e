// Replay: a model that says again what a recorded rollout's model said, reply by reply. It samples nothing and costs nothing.
import { sha256 } from "../core/hash.ts";
import { canonicalJson } from "../core/json.ts";
import { messageSha256, promptSha256 } from "../core/message.ts";
import type { Model, ModelReply, ModelRequest } from "../core/model.ts";
import { ModelCallError } from "./callError.ts";

/** The provider on rows of replayed rollouts: nobody sampled them, so they are never trained on unless somebody says so. */
export const REPLAY_PROVIDER = "replay";

/** What is done about a request that is not the recorded one: the rollout fails, or plays on and the difference is counted. */
export const ON_DIFFERENCE = ["fail", "count"] as const;
export type OnDifference = (typeof ON_DIFFERENCE)[number];

/** One recorded call: what was asked, and the reply. */
export interface RecordedCall {
  /** Over the messages and the tool schemas. */
  readonly promptSha256: string;
  readonly reply: ModelReply;
}

export interface ReplayOptions {
  readonly id: string;
  /** In their order. */
  readonly calls: readonly RecordedCall[];
  /** The call that is next, from 0: later ones are those of a rollout that is taken up. */
  readonly first: number;
  readonly onDifference: OnDifference;
  /** Is told of each request that differs, by the number of its call from 0, where differences are counted. */
  readonly differs: (call: number) => void;
}

/**
 * A model for one rollout. The n-th request is answered with the n-th recorded reply, as it was but for what it took: no time and no
 * money. A request differs where its messages or tools are not the recorded ones, byte for byte; sampling and seed are not
 * compared, since nothing is sampled. The reply to one that differs carries no token ids: they are of another prompt.
 * Contract: `complete` throws ModelCallError, never transient, at a request that differs where that is to fail, and at one after the last
 * recorded reply. One that is being answered is the next in turn: calls come one after the other.
 */
export function replayModel({ id, calls, first, onDifference, differs }: ReplayOptions): Model {
  let next = first;
  return {
    id,
    provider: REPLAY_PROVIDER,
    encode,
    async complete(request, signal) {
      signal.throwIfAborted();
      const at = next++;
      const recorded = calls[at];
      if (recorded === undefined) {
        throw refusal(
          `the record ends after ${calls.length} replies, and the rollout goes on; replay it under the recorded limits`,
        );
      }
      const isAsRecorded = hashOfPrompt(request) === recorded.promptSha256;
      if (!isAsRecorded) {
        if (onDifference === "fail") {
          throw refusal(
            `request ${at} of the rollout is not the recorded one (its messages or tools differ); with onDifference: count it plays on`,
          );
        }
        differs(at);
      }
      const { reply } = recorded;
      return {
        ...reply,
        tokens: isAsRecorded ? reply.tokens : null,
        latencyMs: 0,
        throttledMs: 0,
        providerCostUsd: null,
        costUsd: 0,
        endpoint: REPLAY_PROVIDER,
        requestSha256: sha256(encode(request)),
      };
    },
  };
}

/** What is compared, as canonical JSON. */
function encode({ messages, tools }: ModelRequest): string {
  return canonicalJson({ messages, tools });
}

function hashOfPrompt({ messages, tools }: ModelRequest): string {
  return promptSha256(tools, messages.map(messageSha256));
}

function refusal(message: string): ModelCallError {
  const none = { status: null, throttled: false, retryAfterMs: null, mayBeBilled: false };
  return new ModelCallError(`replay: ${message}`, { ...none, transient: false });
}

// Token ids and log-probabilities out of a chat completion, exactly as the server returned them. Nothing is ever tokenised here:
// what does not fit together is dropped with a warning.
import { z } from "zod";
import type { TokenTrace } from "../core/model.ts";

const logprobsSchema = z.looseObject({
  content: z.array(z.looseObject({ logprob: z.unknown().optional() })),
});

type Loose = Readonly<Record<string, unknown>>;

/**
 * vLLM puts `prompt_token_ids` on the reply and `token_ids` on the choice; SGLang puts both on the choice. Null when either is
 * missing or no list of token ids.
 */
export function chatTokens(reply: Loose, choice: Loose, warnings: string[]): TokenTrace | null {
  const completion = choice["token_ids"];
  const onReply = reply["prompt_token_ids"];
  const prompt = onReply ?? choice["prompt_token_ids"];
  if (completion === undefined || completion === null) return null;
  if (prompt === undefined || prompt === null) {
    warnings.push("prompt-token-ids-missing");
    return null;
  }
  if (!isTokenIds(prompt) || !isTokenIds(completion) || prompt.length === 0) {
    warnings.push("token-ids-unreadable");
    return null;
  }
  return {
    promptIds: prompt,
    completionIds: completion,
    logprobs: readLogprobs(choice["logprobs"], completion.length, warnings),
    source: onReply === undefined || onReply === null ? "sglang" : "vllm",
  };
}

function readLogprobs(logprobs: unknown, length: number, warnings: string[]): readonly number[] | null {
  const parsed = logprobsSchema.safeParse(logprobs);
  if (!parsed.success) return null;
  const values = parsed.data.content.map(({ logprob }) => logprob);
  if (values.length !== length) {
    warnings.push("logprobs-length-differs");
    return null;
  }
  // A server that could not compute them sends null or NaN: one hole makes the list useless for training.
  if (!values.every((value) => typeof value === "number" && Number.isFinite(value))) {
    warnings.push("logprobs-not-numbers");
    return null;
  }
  return values.map(Number);
}

function isTokenIds(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && id >= 0);
}

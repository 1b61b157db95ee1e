// The token ids of a rollout's steps, whole again, exactly as the server returned them. It never makes an id.
import type { StepRow } from "../dataset/schema.ts";
import { applyTokenDelta } from "../dataset/tokenDelta.ts";

export interface TokenStep {
  readonly step: StepRow;
  /** Ids of the whole prompt. */
  readonly promptIds: readonly number[];
  /** Sampled ids, stop token included. */
  readonly completionIds: readonly number[];
  /** Natural logs, one per sampled id; null where the server gave none. */
  readonly logprobs: readonly number[] | null;
  /** How many ids of the step before (prompt and completion) the prompt begins with, and how many that one had; null: the first. */
  readonly before: { readonly reused: number; readonly count: number } | null;
}

/** True where every step has ids. */
export function hasTokenIds(steps: readonly StepRow[]): boolean {
  return steps.every(
    ({ completion_token_ids, prompt_new_token_ids, prompt_reuse_len }) =>
      completion_token_ids !== null && prompt_new_token_ids !== null && prompt_reuse_len !== null,
  );
}

/** One at a time, so that a long rollout's prompts are never all in memory. Stops at a step without ids. */
export function* tokenSteps(steps: readonly StepRow[]): Generator<TokenStep> {
  let idsBefore: readonly number[] = [];
  for (const [position, step] of steps.entries()) {
    const {
      completion_token_ids: completionIds,
      prompt_new_token_ids: fresh,
      prompt_reuse_len: reuse,
    } = step;
    if (completionIds === null || fresh === null || reuse === null) return;
    const promptIds = applyTokenDelta(idsBefore, { reuse, fresh });
    const before = position === 0 ? null : { reused: reuse, count: idsBefore.length };
    yield { step, promptIds, completionIds, logprobs: step.logprobs, before };
    idsBefore = [...promptIds, ...completionIds];
  }
}

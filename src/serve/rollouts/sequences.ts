// Token ids of a rollout as a trainer wants them: one sequence for as long as each prompt begins with all that was there before. Pure.
import type { StepRecord } from "../../core/trajectory.ts";
import type { CallVersions } from "./policyVersions.ts";

export interface Sequence {
  /** The first call's prompt. */
  readonly prompt_ids: number[];
  /** All that followed: replies, and between them what the environment said. */
  readonly completion_ids: number[];
  /** 1 where the policy sampled a token that may be trained on, else 0. */
  readonly completion_mask: number[];
  /** Natural logs, as sampled; 0 where the policy did not sample. Null where a reply came without. */
  logprobs: number[] | null;
  /** The calls of it: their replies are `completion_ids[from..to)`. */
  readonly calls: { step: number; from: number; to: number; policy_version: string | null }[];
}

/** Empty where an endpoint gave no ids. `trains` says of a step whether its reply may be trained on. */
export function sequencesOf(
  steps: readonly StepRecord[],
  versions: readonly CallVersions[],
  trains: (step: StepRecord) => boolean,
): readonly Sequence[] {
  const sequences: Sequence[] = [];
  for (const step of steps) {
    const { tokens } = step.reply;
    if (tokens === null) continue;
    const last = sequences.at(-1);
    const sequence = last !== undefined && extend(last, tokens.promptIds) ? last : begin(tokens.promptIds);
    if (sequence !== last) sequences.push(sequence);
    const from = sequence.completion_ids.length;
    const mask = trains(step) ? 1 : 0;
    const { completionIds, logprobs } = tokens;
    for (const [at, id] of completionIds.entries()) {
      sequence.completion_ids.push(id);
      sequence.completion_mask.push(mask);
      if (logprobs !== null) sequence.logprobs?.push(logprobs[at] ?? 0);
    }
    if (logprobs === null) sequence.logprobs = null;
    const to = sequence.completion_ids.length;
    sequence.calls.push({ step: step.index, from, to, policy_version: versions[step.index]?.first ?? null });
  }
  return sequences;
}

function begin(promptIds: readonly number[]): Sequence {
  return { prompt_ids: [...promptIds], completion_ids: [], completion_mask: [], logprobs: [], calls: [] };
}

/** Adds what a prompt has beyond the sequence; false, and nothing added, where it does not begin with it. */
function extend(sequence: Sequence, promptIds: readonly number[]): boolean {
  const { prompt_ids: prompt, completion_ids: completion } = sequence;
  const length = prompt.length + completion.length;
  if (promptIds.length < length) return false;
  for (const [at, id] of prompt.entries()) if (promptIds[at] !== id) return false;
  for (const [at, id] of completion.entries()) if (promptIds[prompt.length + at] !== id) return false;
  for (const id of promptIds.slice(length)) {
    completion.push(id);
    sequence.completion_mask.push(0);
    sequence.logprobs?.push(0);
  }
  return true;
}

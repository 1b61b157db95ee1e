// sft_tokens: what the model really read and wrote, in its own token ids, with a label on each that is trained on. Ids are those
// that the server returned; a rollout without them gives no row, since tokenising its text would be a guess.
import { z } from "zod";
import { float64, int32, int64, list, orNull, text } from "../dataset/columns.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import { table } from "../dataset/schema.ts";
import { lengthHistogram } from "./lengthHistogram.ts";
import {
  type Exported,
  type LeftOutReason,
  nothing,
  originOf,
  type Recipe,
  TOKEN_GROUP_BYTES,
} from "./recipe.ts";
import { tokenDrift } from "./tokenDrift.ts";
import { hasTokenIds, tokenSteps } from "./tokenSteps.ts";

/** The label of a token without loss, as PyTorch's cross entropy has it. */
export const NO_LABEL = -100;

export const sftTokenRowSchema = z.strictObject({
  trajectory_id: text("The rollout.", { indexed: true }),
  branch_index: int32("Span of the rollout in which each prompt's ids extend the last, from 0.", {
    indexed: true,
  }),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  reward: orNull(float64("Reward of the rollout.", { indexed: true })),
  trained_turns: int32("Replies with labels."),
  length: int32("Tokens.", { indexed: true }),
  trained_tokens: int32("Tokens with a label."),
  token_source: text("The server whose ids these are."),
  tokenizer_sha256: orNull(text("Hash of the tokenizer, where a server told it.")),
  input_ids: list(int32("Token id."), "Everything that was read and sampled, in order."),
  labels: list(int64("Token id, or -100."), "The sampled ids of trained replies; -100 elsewhere."),
});
export type SftTokenRow = z.infer<typeof sftTokenRowSchema>;

export const sftTokens: Recipe<typeof sftTokenRowSchema> = {
  name: "sft_tokens",
  schemaVersion: "nightshift.sft_tokens/1",
  doc:
    "One row per maximal span of steps in which each prompt's token ids extend those before, as the server returned them: `input_ids` and " +
    "`labels` (-100 wherever the model did not sample, or its reply is not trained on). Nothing is tokenised here.",
  readers: "TRL SFT (pretokenised: `input_ids`, `labels`), any loop over PyTorch tensors",
  form: "parquet",
  bytesPerGroup: TOKEN_GROUP_BYTES,
  reasons: ["noSteps", "nothingToTrain", "tokenIdsAbsent"],
  table: table("sft_tokens", sftTokenRowSchema, ["trajectory_id", "branch_index"]),
  open: () => {
    const lengths = lengthHistogram();
    const drift = tokenDrift();
    return {
      convert: (rollout) => {
        const exported = tokenRows(rollout);
        if (rollout.steps.length > 0 && hasTokenIds(rollout.steps)) drift.add(rollout);
        for (const row of exported.rows) lengths.add(row.length);
        return exported;
      },
      close: () => {
        const note = drift.note();
        return {
          notes: note === null ? [] : [note],
          figures: { lengths: lengths.figures(), drift: drift.figures() },
        };
      },
    };
  },
};

/** A span under way. */
interface Span {
  readonly ids: number[];
  readonly labels: number[];
  /** Ids up to the last trained one: what follows bears on no loss. */
  end: number;
  trainedTurns: number;
  trainedTokens: number;
}

/** The rows of one rollout. */
export function tokenRows(rollout: RolloutRows): Exported<SftTokenRow> {
  const { steps, trajectory } = rollout;
  if (steps.length === 0) return nothing("noSteps");
  if (!hasTokenIds(steps)) return nothing("tokenIdsAbsent");
  const spans: Span[] = [];
  for (const { step, promptIds, completionIds, before } of tokenSteps(steps)) {
    let span = spans.at(-1);
    const goesOn = before !== null && before.reused === before.count;
    if (span === undefined || !goesOn) {
      span = { ids: [], labels: [], end: 0, trainedTurns: 0, trainedTokens: 0 };
      spans.push(span);
    }
    for (const id of promptIds.slice(span.ids.length)) {
      span.ids.push(id);
      span.labels.push(NO_LABEL);
    }
    for (const id of completionIds) {
      span.ids.push(id);
      span.labels.push(step.train ? id : NO_LABEL);
    }
    if (!step.train || completionIds.length === 0) continue;
    span.end = span.ids.length;
    span.trainedTurns++;
    span.trainedTokens += completionIds.length;
  }
  const { trajectory_id, task_id, model, reward } = originOf(rollout);
  const rows: SftTokenRow[] = [];
  const leftOut: LeftOutReason[] = [];
  for (const [index, span] of spans.entries()) {
    if (span.trainedTurns === 0) {
      leftOut.push("nothingToTrain");
      continue;
    }
    rows.push({
      trajectory_id,
      branch_index: index,
      task_id,
      model,
      reward,
      trained_turns: span.trainedTurns,
      length: span.end,
      trained_tokens: span.trainedTokens,
      token_source: steps[0]?.token_source ?? "none",
      tokenizer_sha256: trajectory.tokenizer_sha256,
      input_ids: span.ids.slice(0, span.end),
      labels: span.labels.slice(0, span.end),
    });
  }
  return { rows, leftOut, turnsCut: 0 };
}

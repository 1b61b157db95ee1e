// sft_tokenized: branches rendered by a model's chat template and tokenised by its tokenizer, both the user's, with labels on the turns
// that are trained on. These ids are made from text: where the server's own were captured, the report says how far they differ.
import { z } from "zod";
import { float64, int32, int64, list, orNull, text } from "../dataset/columns.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import { table } from "../dataset/schema.ts";
import type { Branch } from "./branches.ts";
import { unmarkedMessage } from "./chatMessage.ts";
import type { ChatTokenizer } from "./chatTokenizer.ts";
import { eachBranch } from "./eachBranch.ts";
import { lengthHistogram } from "./lengthHistogram.ts";
import { openAiTools } from "./openAiTools.ts";
import { type LeftOutReason, originOf, type Recipe, TOKEN_GROUP_BYTES } from "./recipe.ts";
import { retokenizedDrift } from "./retokenizedDrift.ts";
import { NO_LABEL } from "./sftTokens.ts";

export const sftTokenizedRowSchema = z.strictObject({
  trajectory_id: text("The rollout.", { indexed: true }),
  branch_index: int32("Branch of the rollout, from 0.", { indexed: true }),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  reward: orNull(float64("Reward of the rollout.", { indexed: true })),
  trained_turns: int32("Turns with labels."),
  length: int32("Tokens.", { indexed: true }),
  trained_tokens: int32("Tokens with a label."),
  tokenizer_sha256: text("Hash of the tokenizer.json that made the ids."),
  chat_template_sha256: text("Hash of the chat template."),
  input_ids: list(int32("Token id."), "The conversation, templated."),
  labels: list(
    int64("Token id, or -100."),
    "Ids of trained turns, end-of-turn token included; -100 elsewhere.",
  ),
});
export type SftTokenizedRow = z.infer<typeof sftTokenizedRowSchema>;

export const sftTokenized: Recipe<typeof sftTokenizedRowSchema> = {
  name: "sft_tokenized",
  schemaVersion: "nightshift.sft_tokenized/1",
  doc:
    "One row per branch (see `sft_branches`), rendered by a chat template and tokenised. Pieces are tokenised apart where a turn of the model begins and ends, as " +
    "they are when it is served: a prompt is fixed before the reply is sampled.",
  readers: "TRL SFT (pretokenised: `input_ids`, `labels`), any loop over PyTorch tensors",
  form: "parquet",
  bytesPerGroup: TOKEN_GROUP_BYTES,
  reasons: ["noSteps", "nothingToTrain", "invalidToolArguments", "promptUnknown", "templateRefused"],
  tokenizer: "needed",
  table: table("sft_tokenized", sftTokenizedRowSchema, ["trajectory_id", "branch_index"]),
  open: ({ tokenizer }) => {
    if (tokenizer === null) throw new RangeError("sft_tokenized is opened with a tokenizer");
    const lengths = lengthHistogram();
    const drift = retokenizedDrift(tokenizer);
    let mergedOtherwise = 0;
    let rowCount = 0;
    return {
      convert: (rollout) => {
        drift.add(rollout);
        const exported = eachBranch(rollout, "rows", (branch) => tokenizedRow(rollout, branch, tokenizer));
        const rows = exported.rows.map(({ row, whole }) => {
          lengths.add(row.length);
          rowCount++;
          if (whole !== row.length) mergedOtherwise++;
          return row;
        });
        return { ...exported, rows };
      },
      close: () => {
        const note = drift.note();
        return {
          notes: note === null ? [] : [note],
          figures: {
            masking: tokenizer.masking,
            lengths: lengths.figures(),
            // Rows whose whole text has another number of tokens than its pieces: tokens would merge over the edge of a turn.
            mergedOverTurns: { rows: rowCount, merged: mergedOtherwise },
            drift: drift.figures(),
          },
        };
      },
    };
  },
};

interface Tokenized {
  readonly row: SftTokenizedRow;
  /** Tokens of the text as a whole. */
  readonly whole: number;
}

function tokenizedRow(
  rollout: RolloutRows,
  branch: Branch,
  tokenizer: ChatTokenizer,
): Tokenized | LeftOutReason {
  const messages = branch.turns.map(unmarkedMessage);
  if (!messages.every((message) => message !== null)) return "invalidToolArguments";
  const pieces = tokenizer.render(messages, openAiTools(rollout));
  if (pieces === null) return "templateRefused";
  const replies = branch.turns.filter(({ message }) => message.role === "assistant");
  const ids: number[] = [];
  const labels: number[] = [];
  let trained = 0;
  let end = 0;
  for (const { text: piece, turn } of pieces) {
    const isTrained = turn !== null && replies[turn]?.train === true;
    for (const id of tokenizer.encode(piece)) {
      ids.push(id);
      labels.push(isTrained ? id : NO_LABEL);
      if (isTrained) trained++;
    }
    if (isTrained) end = ids.length;
  }
  if (trained === 0) return "nothingToTrain";
  const { trajectory_id, task_id, model, reward } = originOf(rollout);
  const whole = tokenizer.encode(pieces.map((piece) => piece.text).join("")).length - (ids.length - end);
  return {
    whole,
    row: {
      trajectory_id,
      branch_index: branch.index,
      task_id,
      model,
      reward,
      trained_turns: branch.trainedCount,
      length: end,
      trained_tokens: trained,
      tokenizer_sha256: tokenizer.tokenizerSha256,
      chat_template_sha256: tokenizer.templateSha256,
      input_ids: ids.slice(0, end),
      labels: labels.slice(0, end),
    },
  };
}

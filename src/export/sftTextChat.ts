// sft_text_chat: the plainest form, a list of role and content, that every trainer reads, pandas included. It has no room
// for tool calls, reasoning or masks, so a row ends before the first assistant turn that must not be trained on.
import { z } from "zod";
import { float64, int32, list, orNull, struct, text } from "../dataset/columns.ts";
import { table } from "../dataset/schema.ts";
import { type Branch, branchesOf, type Turn } from "./branches.ts";
import { masklessTurns } from "./maskless.ts";
import { type LeftOutReason, nothing, originOf, pureRecipe } from "./recipe.ts";

const message = struct(
  { role: text("system, user or assistant."), content: text("The text.") },
  "One message.",
);

export const sftTextChatRowSchema = z.strictObject({
  trajectory_id: text("The rollout.", { indexed: true }),
  branch_index: int32("Branch of the rollout, from 0.", { indexed: true }),
  task_id: text("Id of the task."),
  model: orNull(text("Model that was sampled.")),
  reward: orNull(float64("Reward of the rollout.", { indexed: true })),
  trained_turns: int32("Assistant turns: all of them are trained on."),
  messages: list(message, "The conversation as the model saw it, reasoning left out."),
});
export type SftTextChatRow = z.infer<typeof sftTextChatRowSchema>;

export const sftTextChat = pureRecipe({
  name: "sft_text_chat",
  schemaVersion: "nightshift.sft_text_chat/1",
  doc:
    "One row per branch (see `sft_branches`) as plain role and content, for trainers that train on every assistant " +
    "turn. A row ends before the first assistant turn that must not be trained on; reasoning is left out.",
  readers:
    "every SFT trainer: TRL, Axolotl, LLaMA-Factory (`formatting: openai`), verl, prime-rl, OpenRLHF, pandas",
  form: "parquet",
  reasons: ["noSteps", "nothingToTrain", "nativeTools", "promptUnknown", "unmaskableTurn"],
  table: table("sft_text_chat", sftTextChatRowSchema, ["trajectory_id", "branch_index"]),
  convert: (rollout) => {
    const branches = branchesOf(rollout, "nothing");
    if (branches === null) return nothing("promptUnknown");
    const rows: SftTextChatRow[] = [];
    const leftOut: LeftOutReason[] = branches.length === 0 ? ["noSteps"] : [];
    let turnsCut = 0;
    for (const branch of branches) {
      const found = plainTurns(branch);
      if (typeof found === "string") {
        leftOut.push(found);
        continue;
      }
      const trained = found.filter((turn) => turn.train).length;
      turnsCut += branch.trainedCount - trained;
      const origin = originOf(rollout);
      rows.push({
        trajectory_id: origin.trajectory_id,
        branch_index: branch.index,
        task_id: origin.task_id,
        model: origin.model,
        reward: origin.reward,
        trained_turns: trained,
        messages: found.map((turn) => ({ role: turn.message.role, content: turn.message.content })),
      });
    }
    return { rows, leftOut, turnsCut };
  },
});

/** The turns up to the last trained one before any that would need a mask, or why there are none. */
function plainTurns(branch: Branch): readonly Turn[] | LeftOutReason {
  if (branch.trainedCount === 0) return "nothingToTrain";
  if (branch.turns.some(({ message }) => message.role === "tool" || message.tool_calls !== null)) {
    return "nativeTools";
  }
  return masklessTurns(branch)?.turns ?? "unmaskableTurn";
}

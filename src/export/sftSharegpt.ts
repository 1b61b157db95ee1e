// sft_sharegpt: LLaMA-Factory's own form. It wants the other side and the model in strict alternation, and drops rows that are not so with a
// warning only; so rows are held to it here, and what does not fit is counted.
import { z } from "zod";
import { float64, int32, list, orNull, struct, text } from "../dataset/columns.ts";
import { parsedArguments } from "../dataset/messageRows.ts";
import { table } from "../dataset/schema.ts";
import type { Turn } from "./branches.ts";
import { eachBranch } from "./eachBranch.ts";
import { datasetInfo } from "./llamaFactory.ts";
import { masklessTurns } from "./maskless.ts";
import { openAiTools } from "./openAiTools.ts";
import { type LeftOutReason, originOf, pureRecipe } from "./recipe.ts";

const entry = struct(
  {
    from: text("human, gpt, function_call or observation."),
    value: text("The text; for a call its name and arguments as JSON."),
  },
  "One turn.",
);

export const sharegptRowSchema = z.strictObject({
  conversations: list(entry, "Turns of the other side and of the model, one after the other."),
  system: text("The system prompt; empty where there is none."),
  tools: text("Tool schemas as JSON; empty in text formats."),
  trajectory_id: text("The rollout."),
  branch_index: int32("Branch of the rollout, from 0."),
  task_id: text("Id of the task."),
  reward: orNull(float64("Reward of the rollout.")),
  trained_turns: int32("Turns of the model: all of them are trained on."),
});
export type SharegptRow = z.infer<typeof sharegptRowSchema>;
type Entry = SharegptRow["conversations"][number];

export const sftSharegpt = pureRecipe({
  name: "sft_sharegpt",
  schemaVersion: "nightshift.sft_sharegpt/1",
  doc:
    "One row per branch as ShareGPT turns with `dataset_info.json` beside them (`dataset_dir:` this folder). Observations that follow one another are one turn; a row ends before " +
    "the first turn that must not be trained on; reasoning stands as `<think>…</think>` in front.",
  readers: "LLaMA-Factory (`formatting: sharegpt`)",
  form: "lines",
  reasons: [
    "noSteps",
    "nothingToTrain",
    "invalidToolArguments",
    "promptUnknown",
    "unmaskableTurn",
    "textBesideCalls",
    "turnsOutOfOrder",
  ],
  table: table("sft_sharegpt", sharegptRowSchema, ["trajectory_id", "branch_index"]),
  convert: (rollout) => {
    let cut = 0;
    const exported = eachBranch(rollout, "rows", (branch): SharegptRow | LeftOutReason => {
      const usable = masklessTurns(branch);
      if (usable === null) return "unmaskableTurn";
      const system = usable.turns.flatMap(({ message }) =>
        message.role === "system" ? [message.content] : [],
      );
      const turns = alternating(usable.turns.filter(({ message }) => message.role !== "system"));
      if (typeof turns === "string") return turns;
      cut += usable.cut;
      const tools = openAiTools(rollout);
      const { trajectory_id, task_id, reward } = originOf(rollout);
      return {
        conversations: turns,
        system: system.join("\n\n"),
        tools: tools === null ? "" : JSON.stringify(tools.map((tool) => tool["function"] ?? tool)),
        trajectory_id,
        branch_index: branch.index,
        task_id,
        reward,
        trained_turns: usable.trained,
      };
    });
    return { ...exported, turnsCut: cut };
  },
  companions: (files) => [
    datasetInfo("sft_sharegpt", files, {
      formatting: "sharegpt",
      columns: { messages: "conversations", system: "system", tools: "tools" },
    }),
  ],
});

/** Human or observation, then gpt or function call, and so on, ending with the model. */
function alternating(turns: readonly Turn[]): Entry[] | LeftOutReason {
  const entries: Entry[] = [];
  for (const turn of turns) {
    const made = entryOf(turn);
    if (typeof made === "string") return made;
    const last = entries.at(-1);
    if (
      last !== undefined &&
      last.from === made.from &&
      made.from !== "gpt" &&
      made.from !== "function_call"
    ) {
      entries[entries.length - 1] = { from: made.from, value: `${last.value}\n\n${made.value}` };
    } else {
      entries.push(made);
    }
  }
  const isOrdered = entries.every(({ from }, index) =>
    index % 2 === 0 ? from === "human" || from === "observation" : from === "gpt" || from === "function_call",
  );
  return isOrdered && entries.length % 2 === 0 ? entries : "turnsOutOfOrder";
}

function entryOf({ message, reasoning }: Turn): Entry | LeftOutReason {
  if (message.role === "user") return { from: "human", value: message.content };
  if (message.role === "tool") return { from: "observation", value: message.content };
  const thought =
    message.reasoning === null || !reasoning ? "" : `<think>\n${message.reasoning}\n</think>\n\n`;
  if (message.tool_calls === null) return { from: "gpt", value: `${thought}${message.content}` };
  if (message.content.trim() !== "") return "textBesideCalls";
  const calls: unknown[] = [];
  for (const call of message.tool_calls) {
    const parsed = parsedArguments(call.arguments);
    if (parsed === null) return "invalidToolArguments";
    calls.push({ name: call.name, arguments: parsed });
  }
  return {
    from: "function_call",
    value: `${thought}${JSON.stringify(calls.length === 1 ? calls[0] : calls)}`,
  };
}

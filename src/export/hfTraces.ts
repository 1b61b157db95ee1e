// hf_traces: sessions for the Hub's viewer of agent traces, a file of lines each (STS format). They go into a repository of their own: the
// viewer is there for JSON only.

import type { RolloutRows } from "../dataset/rows.ts";
import { table } from "../dataset/schema.ts";
import { documentRowSchema } from "./documentRow.ts";
import { nothing, originOf, pureRecipe } from "./recipe.ts";

/** The name by which the Hub knows whose traces they are. */
const HARNESS = "nightshift";

export const hfTraces = pureRecipe({
  name: "hf_traces",
  schemaVersion: "nightshift.hf_traces/1",
  doc:
    "One file of lines a rollout: a `session` line, then a `message` line for each message of the conversation without stand-ins, tool arguments as the model wrote them. " +
    "Push it as a repository of its own.",
  readers: "the Hugging Face Hub's trace viewer, `datasets` (JSON)",
  form: "documents",
  reasons: ["noSteps"],
  table: table("hf_traces", documentRowSchema, ["trajectory_id"]),
  convert: (rollout) => {
    if (rollout.steps.length === 0) return nothing("noSteps");
    const { trajectory_id, task_id, reward } = originOf(rollout);
    const document = linesOf(rollout)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join("");
    return {
      rows: [{ trajectory_id, task_id, reward, extension: "jsonl", document }],
      leftOut: [],
      turnsCut: 0,
    };
  },
});

function linesOf({ trajectory }: RolloutRows): object[] {
  const { trajectory_id: id, task_id, model, messages, main_path } = trajectory;
  const session = { type: "session", harness: HARNESS, id, name: task_id };
  const lines = main_path.flatMap((index) => {
    const message = messages[index];
    if (message === undefined) return [];
    const { role, content, reasoning, tool_calls, tool_call_id, sampled, timestamp_ms } = message;
    const calls = tool_calls?.map((call) => ({
      id: call.id,
      function: { name: call.name, arguments: call.arguments },
    }));
    return [
      {
        type: "message",
        message: {
          role,
          content,
          ...(reasoning === null ? {} : { reasoningContent: reasoning }),
          ...(calls === undefined ? {} : { toolCalls: calls }),
          ...(tool_call_id === null ? {} : { toolCallId: tool_call_id }),
          ...(timestamp_ms === null ? {} : { timestamp: timestamp_ms }),
          ...(sampled && model !== null ? { model } : {}),
        },
      },
    ];
  });
  return [session, ...lines];
}

// What online RL starts an episode with: the prompt of a rollout's first step, and what a reward function has to know of its task.
import type { z } from "zod";
import { canonicalJson, type Json } from "../core/json.ts";
import { list, struct, text } from "../dataset/columns.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import type { TaskRow } from "../dataset/schema.ts";
import type { Around, Conversion, Exported, LeftOutReason } from "./recipe.ts";
import { nothing } from "./recipe.ts";

export const promptColumn = list(
  struct({ role: text("system or user."), content: text("The text.") }, "One message."),
  "The prompt of the first step, as the model was sent it.",
);

/** The environment and agent loop that rows name: what a trainer registers under it is `nightshift serve`. */
export const ENVIRONMENT = "nightshift";

export interface FirstPrompt {
  readonly trajectoryId: string;
  readonly taskId: string;
  readonly family: string | null;
  readonly domain: string | null;
  readonly split: string;
  readonly prompt: z.infer<typeof promptColumn>;
  readonly promptSha256: string;
  /** Tool schemas, where the model is given them natively. */
  readonly tools: Json | null;
  /** JSON: which task, which metric, the baseline. No answer is in it: the judge has those. */
  readonly groundTruth: string;
  /** Position among the prompts of its split, from 0. */
  readonly index: number;
}

/** A conversion that gives each distinct first prompt once, to the first rollout that has it. Keeps a hash a prompt. */
export function eachFirstPrompt<Row>({ tasks }: Around, make: (first: FirstPrompt) => Row): Conversion<Row> {
  const seen = new Set<string>();
  const countBySplit = new Map<string, number>();
  return {
    convert: (rollout): Exported<Row> => {
      const found = firstPrompt(rollout);
      if (typeof found === "string") return nothing(found);
      const { trajectory } = rollout;
      const key = `${trajectory.task_id}\n${found.promptSha256}`;
      if (seen.has(key)) return nothing("promptRepeated");
      seen.add(key);
      const index = countBySplit.get(trajectory.split) ?? 0;
      countBySplit.set(trajectory.split, index + 1);
      const task = tasks.get(trajectory.task_id);
      const row = make({
        ...found,
        trajectoryId: trajectory.trajectory_id,
        taskId: trajectory.task_id,
        family: trajectory.task_family,
        domain: task?.domain ?? null,
        split: trajectory.split,
        tools: trajectory.tools,
        groundTruth: groundTruth(rollout, task ?? null),
        index,
      });
      return { rows: [row], leftOut: [], turnsCut: 0 };
    },
  };
}

function firstPrompt({
  trajectory,
  steps,
}: RolloutRows): Pick<FirstPrompt, "prompt" | "promptSha256"> | LeftOutReason {
  const [first] = steps;
  if (first === undefined) return "noSteps";
  if (first.prompt_msgs === null || first.prompt_sha256 === null) return "promptUnknown";
  const messages = first.prompt_msgs.flatMap((index) => trajectory.messages[index] ?? []);
  // A demonstration may show native calls, which role and content alone cannot.
  if (messages.some(({ role, tool_calls }) => role === "tool" || tool_calls !== null)) return "nativeTools";
  return {
    prompt: messages.map(({ role, content }) => ({ role, content })),
    promptSha256: first.prompt_sha256,
  };
}

function groundTruth({ trajectory }: RolloutRows, task: TaskRow | null): string {
  return canonicalJson({
    task_id: trajectory.task_id,
    task_version: trajectory.task_version,
    metric: trajectory.score_metric,
    higher_is_better: trajectory.score_higher_is_better,
    baseline_score: trajectory.score_baseline,
    reward_fn: task?.reward_mapping ?? trajectory.reward_fn,
  });
}

// Makes rows of pairs of replies to one prompt while rollouts stream by: what the first of a pair said is kept until the second comes.
import type { RolloutRows } from "../dataset/rows.ts";
import { type ChatMessage, unmarkedMessage } from "./chatMessage.ts";
import { openAiTools } from "./openAiTools.ts";
import type { Closing, Conversion, Fate, LeftOutReason } from "./recipe.ts";
import { answerKey, MARGIN_MIN, pairSurvey, type SettledPairs, type StepPair } from "./stepPairs.ts";
import { stepTurns } from "./stepTurns.ts";

/** A pair with both replies and the prompt that they share. */
export interface PairedReplies {
  readonly pair: StepPair;
  readonly taskId: string;
  readonly model: string | null;
  readonly prompt: readonly ChatMessage[];
  readonly tools: readonly ChatMessage[] | null;
  readonly chosen: ChatMessage;
  readonly rejected: ChatMessage;
}

export const PAIR_REASONS = [
  "noSteps",
  "notScored",
  "promptUnknown",
  "promptUnshared",
  "rewardsTooClose",
  "sameReply",
  "invalidToolArguments",
] as const satisfies readonly LeftOutReason[];

const ONLY_FIRST =
  "Every shared prompt is of step 0: without branches, later prompts hold different histories. The pairs say which first reply led to more, " +
  "and nothing of later ones.";
const NONE_SHARED =
  "No two rollouts answered the same prompt: pairs need several rollouts of a cell (`rollouts.perCell`), or branches.";

type Seen = { readonly reason: LeftOutReason } | { readonly paired: PairedReplies } | null;

/** Holds at most one reply for each pair that is half seen. */
export function pairedSteps<Row>(make: (paired: PairedReplies) => Row): Conversion<Row> {
  const survey = pairSurvey();
  const waiting = new Map<StepPair, { readonly reply: ChatMessage | null }>();
  const exported = new Set<string>();
  const failed = new Map<string, LeftOutReason>();
  let settled: SettledPairs | null = null;
  let pairCount = 0;

  function seen(pair: StepPair, rollout: RolloutRows, stepIndex: number): Seen {
    const step = rollout.steps[stepIndex];
    const turns = step === undefined ? null : stepTurns(rollout, step);
    const reply = turns === null ? null : unmarkedMessage(turns.reply);
    const first = waiting.get(pair);
    if (first === undefined) {
      waiting.set(pair, { reply });
      return null;
    }
    waiting.delete(pair);
    const other = first.reply;
    const prompt = turns?.prompt.map(unmarkedMessage);
    if (
      reply === null ||
      other === null ||
      prompt === undefined ||
      !prompt.every((message) => message !== null)
    ) {
      return { reason: "invalidToolArguments" };
    }
    if (JSON.stringify(reply) === JSON.stringify(other)) return { reason: "sameReply" };
    const isChosen = pair.chosen.trajectoryId === rollout.trajectory.trajectory_id;
    const [chosen, rejected] = isChosen ? [reply, other] : [other, reply];
    const { task_id: taskId, model } = rollout.trajectory;
    return { paired: { pair, taskId, model, prompt, tools: openAiTools(rollout), chosen, rejected } };
  }

  return {
    survey: survey.add,
    convert: (rollout) => {
      settled ??= survey.settle();
      const rows: Row[] = [];
      const leftOut: LeftOutReason[] = [];
      const { trajectory_id } = rollout.trajectory;
      for (const { step_index } of rollout.steps) {
        for (const pair of settled.byAnswer.get(answerKey(trajectory_id, step_index)) ?? []) {
          const found = seen(pair, rollout, step_index);
          if (found === null) continue;
          const ids = [pair.chosen.trajectoryId, pair.rejected.trajectoryId];
          if ("reason" in found) {
            leftOut.push(found.reason);
            for (const id of ids) failed.set(id, found.reason);
          } else {
            rows.push(make(found.paired));
            pairCount++;
            for (const id of ids) exported.add(id);
          }
        }
      }
      return { rows, leftOut, turnsCut: 0 };
    },
    close: (): Closing => {
      const { fates, sharedByStep } = settled ?? survey.settle();
      const shared = [...sharedByStep].sort(([a], [b]) => a - b);
      const onlyFirst = shared.length === 1 && shared[0]?.[0] === 0;
      return {
        notes: shared.length === 0 ? [NONE_SHARED] : onlyFirst ? [ONLY_FIRST] : [],
        figures: {
          pairs: pairCount,
          marginMin: MARGIN_MIN,
          sharedPromptsByStep: Object.fromEntries(shared.map(([step, count]) => [String(step), count])),
        },
        fates: [...fates].map(
          ([id, fate]): Fate => fate ?? (exported.has(id) ? "exported" : (failed.get(id) ?? "sameReply")),
        ),
      };
    },
  };
}

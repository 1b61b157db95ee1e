// Makes rows of pairs while rollouts stream by: what the first of a pair has to show is kept until the second comes.
import { UserError } from "../core/errors.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import type { ChatMessage } from "./chatMessage.ts";
import { openAiTools } from "./openAiTools.ts";
import type { Closing, Conversion, Fate, LeftOutReason } from "./recipe.ts";
import {
  answerKey,
  MARGIN_MIN,
  type PairScope,
  pairSurvey,
  type SettledPairs,
  type StepPair,
} from "./stepPairs.ts";

/** What one rollout gives to a pair. */
export interface Side {
  readonly prompt: readonly ChatMessage[];
  readonly reply: readonly ChatMessage[];
}

/** A pair with both sides; the prompt is that of either. */
export interface Paired {
  readonly pair: StepPair;
  readonly taskId: string;
  readonly model: string | null;
  readonly prompt: readonly ChatMessage[];
  readonly tools: readonly ChatMessage[] | null;
  readonly chosen: readonly ChatMessage[];
  readonly rejected: readonly ChatMessage[];
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

/** Characters of replies that may wait for the other of their pair. */
const WAITING_CHARS_MAX = 1_000_000_000;

const ONLY_FIRST =
  "Every shared prompt is of step 0: without branches, later prompts hold different histories. The pairs say which first reply led to more, " +
  "and nothing of later ones.";
const NONE_SHARED =
  "No two rollouts answered the same prompt: pairs need several rollouts of a cell (`rollouts.perCell`), or branches.";

type Seen = { readonly reason: LeftOutReason } | { readonly paired: Paired } | null;

/**
 * `sideOf` says what a rollout gives to pairs at a step. Throws a UserError when more replies wait for their pairs than memory should hold.
 */
export function pairedSides<Row>(
  scope: PairScope,
  sideOf: (rollout: RolloutRows, stepIndex: number) => Side | LeftOutReason,
  make: (paired: Paired) => Row,
): Conversion<Row> {
  const survey = pairSurvey(scope);
  const waiting = new Map<StepPair, readonly ChatMessage[] | LeftOutReason>();
  const exported = new Set<string>();
  const failed = new Map<string, LeftOutReason>();
  let settled: SettledPairs | null = null;
  let pairCount = 0;
  let waitingChars = 0;

  function wait(pair: StepPair, reply: readonly ChatMessage[] | LeftOutReason): void {
    waiting.set(pair, reply);
    waitingChars += charsOf(reply);
    if (waitingChars <= WAITING_CHARS_MAX) return;
    throw new UserError(
      `more than ${WAITING_CHARS_MAX} characters of replies wait for the other of their pair; export by parts with --where, e.g. by task_id`,
    );
  }

  function seen(pair: StepPair, rollout: RolloutRows, stepIndex: number): Seen {
    const side = sideOf(rollout, stepIndex);
    const reply = typeof side === "string" ? side : side.reply;
    const other = waiting.get(pair);
    if (other === undefined) {
      wait(pair, reply);
      return null;
    }
    waiting.delete(pair);
    waitingChars -= charsOf(other);
    if (typeof other === "string") return { reason: other };
    if (typeof side === "string") return { reason: side };
    if (JSON.stringify(side.reply) === JSON.stringify(other)) return { reason: "sameReply" };
    const isChosen = pair.chosen.trajectoryId === rollout.trajectory.trajectory_id;
    const [chosen, rejected] = isChosen ? [side.reply, other] : [other, side.reply];
    const { task_id: taskId, model } = rollout.trajectory;
    const tools = openAiTools(rollout);
    return { paired: { pair, taskId, model, prompt: side.prompt, tools, chosen, rejected } };
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
      const onlyFirst = scope === "everyStep" && shared.length === 1 && shared[0]?.[0] === 0;
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

function charsOf(reply: readonly ChatMessage[] | LeftOutReason): number {
  return typeof reply === "string" ? 0 : JSON.stringify(reply).length;
}

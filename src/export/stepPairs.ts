// Which replies to one prompt make a pair: the best with the worst, the second best with the second worst, as long as their rewards
// are far enough apart. Decided from a survey, before any row is made.
import { UserError } from "../core/errors.ts";
import type { Fate } from "./recipe.ts";
import type { SurveyedRollout } from "./survey.ts";

/** Least difference of two rewards that says which reply was better. */
export const MARGIN_MIN = 0.1;
/** Most pairs of one prompt: more would let one prompt outweigh others. */
export const PAIRS_PER_PROMPT_MAX = 4;
/** Steps that a survey may hold, about 120 bytes each. */
const STEPS_MAX = 8_000_000;

interface Answer {
  readonly trajectoryId: string;
  readonly stepIndex: number;
  readonly reward: number;
}

export interface StepPair {
  readonly promptSha256: string;
  /** Among the pairs of its prompt, from 0. */
  readonly pairIndex: number;
  readonly chosen: Answer;
  readonly rejected: Answer;
}

export interface SettledPairs {
  /** Pairs by `trajectory id, step`, under both of their answers. */
  readonly byAnswer: ReadonlyMap<string, readonly StepPair[]>;
  /** What is known of rollouts before they are converted: why they are in no pair; null: they are in one. */
  readonly fates: ReadonlyMap<string, Exclude<Fate, "exported"> | null>;
  /** Prompts that more than one rollout answered, by the step that it was. */
  readonly sharedByStep: ReadonlyMap<number, number>;
}

export interface PairSurvey {
  add(rollout: SurveyedRollout): void;
  settle(): SettledPairs;
}

/** Which prompts are looked at: those of every step, or the first only, where whole rollouts are compared. */
export type PairScope = "everyStep" | "firstStep";

/** Throws a UserError where there are more steps than a survey holds. */
export function pairSurvey(scope: PairScope): PairSurvey {
  const answers = new Map<string, Answer[]>();
  const fates = new Map<string, Exclude<Fate, "exported"> | null>();
  let steps = 0;
  return {
    add: ({ trajectory: { trajectory_id: trajectoryId, reward }, steps: own, chosen }) => {
      if (!chosen) return;
      fates.set(
        trajectoryId,
        own.length === 0 ? "noSteps" : reward === null ? "notScored" : "promptUnshared",
      );
      if (reward === null) return;
      for (const { step_index: stepIndex, prompt_sha256, train } of scope === "firstStep"
        ? own.slice(0, 1)
        : own) {
        if (prompt_sha256 === null) fates.set(trajectoryId, "promptUnknown");
        // A reply that is not worth imitating is none to choose; a whole rollout may have begun with one.
        if (prompt_sha256 === null || (scope === "everyStep" && !train)) continue;
        if (++steps > STEPS_MAX) {
          throw new UserError(
            `pairs are sought among more than ${STEPS_MAX} steps, which memory does not hold; export by parts with --where, e.g. by task_id`,
          );
        }
        const known = answers.get(prompt_sha256);
        const answer = { trajectoryId, stepIndex, reward };
        if (known === undefined) answers.set(prompt_sha256, [answer]);
        else known.push(answer);
      }
    },
    settle: () => {
      const byAnswer = new Map<string, StepPair[]>();
      const sharedByStep = new Map<number, number>();
      const note = (answer: Answer, pair: StepPair) => {
        const key = answerKey(answer.trajectoryId, answer.stepIndex);
        byAnswer.set(key, [...(byAnswer.get(key) ?? []), pair]);
        fates.set(answer.trajectoryId, null);
      };
      for (const [promptSha256, own] of answers) {
        const [first] = own;
        if (first === undefined || own.length < 2) continue;
        sharedByStep.set(first.stepIndex, (sharedByStep.get(first.stepIndex) ?? 0) + 1);
        for (const { trajectoryId } of own) {
          if (fates.get(trajectoryId) === "promptUnshared") fates.set(trajectoryId, "rewardsTooClose");
        }
        for (const pair of pairsOf(promptSha256, own)) {
          note(pair.chosen, pair);
          note(pair.rejected, pair);
        }
      }
      answers.clear();
      return { byAnswer, fates, sharedByStep };
    },
  };
}

export function answerKey(trajectoryId: string, stepIndex: number): string {
  return `${trajectoryId}/${stepIndex}`;
}

/** Equal rewards stand in the order of ids, so that the same answers always make the same pairs. */
function pairsOf(promptSha256: string, answers: readonly Answer[]): StepPair[] {
  const best = [...answers].sort((a, b) => b.reward - a.reward || (a.trajectoryId < b.trajectoryId ? -1 : 1));
  const pairs: StepPair[] = [];
  for (let index = 0; index < Math.min(PAIRS_PER_PROMPT_MAX, Math.floor(best.length / 2)); index++) {
    const chosen = best[index];
    const rejected = best[best.length - 1 - index];
    if (chosen === undefined || rejected === undefined || chosen.reward - rejected.reward < MARGIN_MIN) break;
    pairs.push({ promptSha256, pairIndex: index, chosen, rejected });
  }
  return pairs;
}

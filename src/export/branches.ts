// Cuts a rollout into branches: maximal runs of steps in which each prompt extends the step before. A branch is what a
// model really saw, in one piece, so it can be trained on as one conversation; an append-only rollout is one branch.
import { extendsStep } from "../dataset/contextMode.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import type { MessageRow, StepRow } from "../dataset/schema.ts";

export interface Turn {
  readonly message: MessageRow;
  /** Trained on in this branch: sampled in it, and worth imitating. Replies of earlier branches are context only. */
  readonly train: boolean;
}

export interface Branch {
  /** 0-based among the rollout's branches. */
  readonly index: number;
  /** Ends with the last trained turn: nothing after it bears on the loss. Empty where no turn is trained. */
  readonly turns: readonly Turn[];
  readonly trainedCount: number;
}

export function branchesOf({ trajectory, steps }: RolloutRows): readonly Branch[] {
  return spansOf(steps).map((span, index) => {
    const last = span[span.length - 1];
    const trained = new Set(span.flatMap((step) => (step.train ? [step.response_msg] : [])));
    const indices = last === undefined ? [] : [...last.prompt_msgs, last.response_msg];
    const turns = indices.flatMap((position): Turn[] => {
      const message = trajectory.messages[position];
      return message === undefined ? [] : [{ message, train: trained.has(position) }];
    });
    const end = turns.findLastIndex((turn) => turn.train) + 1;
    return { index, turns: turns.slice(0, end), trainedCount: trained.size };
  });
}

function spansOf(steps: readonly StepRow[]): StepRow[][] {
  const spans: StepRow[][] = [];
  for (const step of steps) {
    const span = spans.at(-1);
    const before = span?.at(-1);
    if (span !== undefined && before !== undefined && extendsStep(before, step)) span.push(step);
    else spans.push([step]);
  }
  return spans;
}

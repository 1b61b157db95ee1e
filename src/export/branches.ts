// Cuts a rollout into branches: maximal runs of steps in which each prompt extends the step before. A branch is what a
// model really saw, in one piece, so it can be trained on as one conversation; an append-only rollout is one branch.
import { REASONING_IN_HISTORY } from "../core/model.ts";
import { extendsStep, reasoningSent, type StepContext } from "../dataset/contextMode.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import type { MessageRow, StepRow } from "../dataset/schema.ts";

export interface Turn {
  readonly message: MessageRow;
  /** Trained on in this branch: sampled in it, and worth imitating. Replies of earlier branches are context only. */
  readonly train: boolean;
  /** Its reasoning belongs to what the branch's model wrote or read. */
  readonly reasoning: boolean;
}

/** Whether rows show reasoning. Where they do not, reasoning that was not sent again cuts no branch. */
export type ReasoningIn = "rows" | "nothing";

export interface Branch {
  /** 0-based among the rollout's branches. */
  readonly index: number;
  /** Ends with the last trained turn: nothing after it bears on the loss. Empty where no turn is trained. */
  readonly turns: readonly Turn[];
  readonly trainedCount: number;
}

/** The branches of a rollout; null where its record does not say what the model was sent. */
export function branchesOf(
  { trajectory, steps: all }: RolloutRows,
  reasoningIn: ReasoningIn,
): readonly Branch[] | null {
  const steps = all.flatMap((step) =>
    step.prompt_msgs === null ? [] : [{ ...step, prompt_msgs: step.prompt_msgs }],
  );
  if (steps.length < all.length) return null;
  const policy = REASONING_IN_HISTORY.find((name) => name === trajectory.reasoning_in_history) ?? "none";
  return spansOf(steps, reasoningIn).map((span, index) => {
    const last = span[span.length - 1];
    const trained = new Set(span.flatMap((step) => (step.train ? [step.response_msg] : [])));
    const indices = last === undefined ? [] : [...last.prompt_msgs, last.response_msg];
    const sent = reasoningSent(last?.prompt_msgs ?? [], trajectory.messages, policy);
    const written = new Set(span.map((step) => step.response_msg));
    const turns = indices.flatMap((position): Turn[] => {
      const message = trajectory.messages[position];
      return message === undefined
        ? []
        : [{ message, train: trained.has(position), reasoning: sent.has(position) || written.has(position) }];
    });
    const end = turns.findLastIndex((turn) => turn.train) + 1;
    return { index, turns: turns.slice(0, end), trainedCount: trained.size };
  });
}

type PromptedStep = StepRow & StepContext;

function spansOf(steps: readonly PromptedStep[], reasoningIn: ReasoningIn): PromptedStep[][] {
  const spans: PromptedStep[][] = [];
  for (const step of steps) {
    const span = spans.at(-1);
    const before = span?.at(-1);
    const goesOn =
      before !== undefined &&
      (step.extends_previous === true || (reasoningIn === "nothing" && extendsStep(before, step)));
    if (span !== undefined && goesOn) span.push(step);
    else spans.push([step]);
  }
  return spans;
}

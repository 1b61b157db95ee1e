// Whether a rollout's prompts only ever grew: the test that decides how many training rows a trajectory makes.

/** The prompt and reply of one step, as pool indices. */
export interface StepContext {
  readonly prompt_msgs: readonly number[];
  readonly response_msg: number;
}

/** True when `next`'s prompt is `before`'s prompt, its reply, and then anything. */
export function extendsStep(before: StepContext, next: StepContext): boolean {
  const seen = before.prompt_msgs.length;
  return (
    next.prompt_msgs.length > seen &&
    next.prompt_msgs[seen] === before.response_msg &&
    before.prompt_msgs.every((index, position) => next.prompt_msgs[position] === index)
  );
}

/** `append_only` when every prompt extends the step before, else `rewritten`. */
export function contextMode(steps: readonly StepContext[]): "append_only" | "rewritten" {
  return steps.every((step, position) => {
    const before = position === 0 ? undefined : steps[position - 1];
    return before === undefined || extendsStep(before, step);
  })
    ? "append_only"
    : "rewritten";
}

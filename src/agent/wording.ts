// The messages that all scaffolds word alike: the task, and an observation with its line of state.
import type { Observation } from "../core/env.ts";
import type { RolloutLimits } from "../core/limits.ts";
import type { Task } from "../core/task.ts";
import { fillPrompt, type Prompts } from "./prompts.ts";

/** What the task message is made of. */
interface TaskWords {
  readonly parts: { readonly prompts: Prompts };
  readonly task: Pick<Task, "description" | "definition">;
  readonly limits: Pick<RolloutLimits, "actionSeconds" | "validations">;
}

/** The task message: description, what counts, budget and the first observation. */
export function taskText(
  { task, limits, parts: { prompts } }: TaskWords,
  first: Observation,
  stepsMax: number,
): string {
  const { metric, anchors, submission } = task.definition;
  return fillPrompt(prompts, "task", {
    description: task.description.trim(),
    metric: metric.unit === "" ? metric.name : `${metric.name} (${metric.unit})`,
    direction: metric.direction === "maximize" ? "higher" : "lower",
    baseline: Number(anchors.starter.toPrecision(6)),
    submission: submission.map(({ path, bytesMax }) => `\`${path}\` (at most ${bytesMax} bytes)`).join(", "),
    steps: stepsMax,
    actionSeconds: limits.actionSeconds,
    validations: limits.validations,
    observation: first.text,
    state: stateLine(prompts, first, 0, stepsMax),
  });
}

/** An observation as the agent reads it. */
export function observationText(
  prompts: Prompts,
  observation: Observation,
  budget: { readonly step: number; readonly stepsMax: number },
): string {
  const state = stateLine(prompts, observation, budget.step, budget.stepsMax);
  return fillPrompt(prompts, "observation", { observation: observation.text, state });
}

/** What the agent should know of its place and budget, as its `state` prompt words it. */
export function stateLine(
  prompts: Pick<Prompts, "state">,
  { state }: Observation,
  used: number,
  steps: number,
): string {
  return fillPrompt(prompts, "state", {
    used,
    steps,
    left: Math.max(0, steps - used),
    openFile: state.openFile ?? "none",
    directory: state.cwd,
  });
}

// The messages that both scaffolds word alike: the task, and an observation with its line of state.
import type { Observation } from "../core/env.ts";
import type { AgentOptions } from "./agentOptions.ts";
import { fillPrompt, type Prompts } from "./prompts.ts";

/** The task message: description, what counts, budget and the first observation. */
export function taskText(options: AgentOptions, first: Observation, stepsMax: number): string {
  const { prompts, task, limits } = options;
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

/** What the agent should know of its place and budget, in one line. */
export function stateLine(
  prompts: Pick<Prompts, "state">,
  { state }: Observation,
  used: number,
  steps: number,
): string {
  return fillPrompt(prompts, "state", {
    used,
    steps,
    openFile: state.openFile ?? "none",
    directory: state.cwd,
  });
}

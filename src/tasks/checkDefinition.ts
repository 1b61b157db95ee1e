// What a schema cannot say of a task.yaml: that its anchors rise in quality and its submission paths stay inside.
import { UserError } from "../core/errors.ts";
import type { TaskDefinition } from "../core/task.ts";

/** Throws a UserError that names the first contradiction in a task's definition. */
export function checkDefinition(definition: TaskDefinition, label: string): void {
  const { anchors, metric, submission, limits } = definition;
  const sign = metric.direction === "maximize" ? 1 : -1;
  const ladder = [
    { name: "nothing", value: anchors.nothing },
    { name: "starter", value: anchors.starter },
    { name: "probe", value: anchors.probe },
    { name: "best", value: anchors.best },
    { name: "optimum", value: anchors.optimum },
  ].filter((anchor): anchor is { name: string; value: number } => anchor.value !== null);
  for (const [index, anchor] of ladder.entries()) {
    const below = ladder[index - 1];
    if (below !== undefined && sign * anchor.value < sign * below.value) {
      throw new UserError(
        `${label}: anchors.${anchor.name} (${anchor.value}) is worse than anchors.${below.name} (${below.value}) ` +
          `although the metric is to ${metric.direction}; anchors rise in quality`,
      );
    }
  }
  const paths = new Set<string>();
  for (const { path } of submission) {
    const parts = path.split("/");
    if (parts.some((part) => part === "" || part === "." || part === "..") || path.includes("\\")) {
      throw new UserError(
        `${label}: submission path ${JSON.stringify(path)} must be relative, without . or ..`,
      );
    }
    if (paths.has(path))
      throw new UserError(`${label}: submission path ${path} is declared twice; once is enough`);
    paths.add(path);
  }
  const { kind } = definition.judge;
  if ((kind === "function" || kind === "policy") && !submission[0]?.path.endsWith(".py")) {
    throw new UserError(
      `${label}: judge kind ${kind} calls a function, so the first submission path must be a .py file`,
    );
  }
  if (limits.steps !== undefined && limits.validations !== undefined && limits.validations > limits.steps) {
    throw new UserError(
      `${label}: limits.validations (${limits.validations}) is more than limits.steps (${limits.steps}); lower it`,
    );
  }
}

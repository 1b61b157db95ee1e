// What task.yaml's schema cannot say by itself: that its anchors rise in quality, its submission paths stay inside, and its limits agree.
import type { z } from "zod";
import { isFolderPath } from "../core/submissionPath.ts";
import { type TaskDefinition, taskDefinitionSchema } from "../core/task.ts";

type Context = z.core.$RefinementCtx<TaskDefinition>;

/** The schema of a task.yaml with everything that is refused in one. */
export const checkedDefinitionSchema = taskDefinitionSchema.superRefine((definition, context) => {
  checkAnchors(definition, context);
  checkSubmission(definition, context);
  const { steps, validations } = definition.limits;
  if (steps !== undefined && validations !== undefined && validations > steps) {
    complain(
      context,
      ["limits", "validations"],
      `must be at most limits.steps (${steps}), since each is a step`,
    );
  }
});

function checkAnchors({ anchors, metric }: TaskDefinition, context: Context): void {
  const sign = metric.direction === "maximize" ? 1 : -1;
  const ladder = (["nothing", "starter", "probe", "best", "optimum"] as const)
    .map((name) => ({ name, value: anchors[name] }))
    .filter((anchor) => anchor.value !== null);
  for (const [index, anchor] of ladder.entries()) {
    const below = ladder[index - 1];
    if (below === undefined || sign * Number(anchor.value) >= sign * Number(below.value)) continue;
    complain(
      context,
      ["anchors", anchor.name],
      `must be no worse than anchors.${below.name} (${below.value}), as the metric is to ${metric.direction} and anchors rise in quality`,
    );
    return;
  }
}

function checkSubmission({ submission, judge }: TaskDefinition, context: Context): void {
  const paths = new Set<string>();
  for (const [index, { path }] of submission.entries()) {
    const place = ["submission", index, "path"];
    if (!isPlain(path)) {
      complain(
        context,
        place,
        "must be relative to the workspace, without . or .. (a folder ends with a slash)",
      );
    } else if (isFolderPath(path) && judge.kind !== "repo" && judge.kind !== "script") {
      complain(context, place, `must be a file: only judges of kind repo and script take folders`);
    } else if (paths.has(path)) {
      complain(context, place, "must be declared once; take the second out");
    }
    paths.add(path);
  }
  const { kind } = judge;
  const [first] = submission;
  if ((kind === "function" || kind === "policy") && first !== undefined && !first.path.endsWith(".py")) {
    const what = `must be a .py file when it is the first, as judge.kind: ${kind} calls a function of it`;
    complain(context, ["submission", 0, "path"], what);
  }
}

/** A file or folder inside the workspace; `./` is all of it. */
function isPlain(path: string): boolean {
  const parts = (path === "./" ? "workspace" : path.replace(/\/$/, "")).split("/");
  return !path.includes("\\") && parts.every((part) => part !== "" && part !== "." && part !== "..");
}

function complain(context: Context, path: readonly PropertyKey[], message: string): void {
  context.addIssue({ code: "custom", path: [...path], message });
}

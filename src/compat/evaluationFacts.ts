// Scores: what counts of a recorded one, what our judge says, and how a run's last evaluation ended by MLGym's own note.
import type { TaskDefinition } from "../core/task.ts";
import type { MlgymSettings } from "../importers/mlgym/config.ts";
import type { Traj } from "../importers/traj/trajFile.ts";
import type { Fact } from "./facts.ts";

/** How a run ended whose last act was an evaluation. */
export const JUDGED_ENDING = /^(submitted|autosubmission|evaluation_format_error|submission_not_found)\b/;

/** Of a recorded score only the metric that counts is compared, and the baseline's. */
export function scoresThatCount(facts: readonly Fact[], { metric }: MlgymSettings): readonly Fact[] {
  const isOf = (key: string, name: string) => key.toLowerCase() === name.toLowerCase();
  return facts.flatMap((fact): readonly Fact[] => {
    if (fact.class !== "score") return [fact];
    if (isOf(fact.key, metric)) return [{ ...fact, key: metric }];
    return isOf(fact.key, `baseline ${metric}`) ? [{ ...fact, key: `baseline ${metric}` }] : [];
  });
}

/** What our judge said of a submission, as facts of MLGym's form. */
export function evaluationFacts(
  { mlgym, anchors }: TaskDefinition,
  { metric, script }: MlgymSettings,
  score: number | null,
  reason: string | null,
): readonly Fact[] {
  const ended = (value: string): Fact => ({ class: "outcome", key: "outcome", value });
  if (score !== null) {
    const baseline = mlgym?.baseline[metric] ?? anchors.starter;
    return [
      ended("scored"),
      { class: "score", key: metric, value: String(score) },
      { class: "score", key: `baseline ${metric}`, value: String(baseline) },
    ];
  }
  if (/\bis missing\b/.test(reason ?? "")) return [ended("missing")];
  const error = new RegExp(
    `^${script.replaceAll(".", "\\.")} failed: ([A-Z]\\w*(?:Error|Exception)\\b.*?)(?: \\([^()]+, line \\d+\\))?$`,
  ).exec(reason ?? "");
  return [
    ended("invalid"),
    ...(error?.[1] === undefined ? [] : [{ class: "error", key: "error", value: error[1] } as const]),
  ];
}

/** How the run's last evaluation ended, from what MLGym noted of the whole run. */
export function endingFacts({ info }: Traj, { metric }: MlgymSettings): readonly Fact[] {
  const [, status] = JUDGED_ENDING.exec(info.exit_status ?? "") ?? [];
  const value =
    status === "evaluation_format_error"
      ? "invalid"
      : status === "submission_not_found"
        ? "missing"
        : "scored";
  const ended: Fact = { class: "outcome", key: "outcome", value };
  const scores = Object.entries(info.score.at(-1) ?? {});
  const [, score] = scores.find(([name]) => name.toLowerCase() === metric.toLowerCase()) ?? [];
  if (value !== "scored" || typeof score !== "number") return [ended];
  return [ended, { class: "score", key: metric, value: String(score) }];
}

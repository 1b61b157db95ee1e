// Tries forged submissions on a judge that is sound otherwise, a few at a time, and says what each earned.
import type { Evaluation } from "../core/evaluation.ts";
import { signedScore, type Task } from "../core/task.ts";
import type { Forgery } from "./forgeries/forgery.ts";
import { rounding, shortText } from "./noise.ts";
import type { ForgeryReport } from "./taskReport.ts";

const AT_ONCE = 3;
const REASON_CHARS_MAX = 120;

export interface Trial {
  readonly task: Task;
  /** The starter's score with the seed that forgeries are judged with. */
  readonly starter: number;
  /** How much better a score may be by chance. */
  readonly slack: number;
  /** How long judging takes by itself: added to the limits that forgeries come with. */
  readonly judgeSeconds: number;
  /** Judges a forgery; a judge that fails is a sentence. */
  judge(task: Task, forgery: Forgery): Promise<Evaluation | string>;
}

export interface Trials {
  readonly each: readonly ForgeryReport[];
  /** One sentence for each that earned what it should not. */
  readonly defects: readonly string[];
}

/** Every forgery is judged, in the order given, `AT_ONCE` side by side. */
export async function tryForgeries(forgeries: readonly Forgery[], trial: Trial): Promise<Trials> {
  const found = new Map<Forgery, { report: ForgeryReport; defect: string | null }>();
  const left = [...forgeries];
  const lane = async () => {
    for (let forgery = left.shift(); forgery !== undefined; forgery = left.shift()) {
      const verdict = await trial.judge(limited(trial, forgery), forgery);
      const defect = faultOf(forgery, verdict, trial);
      found.set(forgery, { defect, report: { name: forgery.name, ...told(forgery, verdict, defect) } });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const all = forgeries.flatMap((forgery) => found.get(forgery) ?? []);
  return {
    each: all.map(({ report }) => report),
    defects: all.flatMap(({ defect }) => defect ?? []),
  };
}

function limited({ task, judgeSeconds }: Trial, { limits }: Forgery): Task {
  if (limits === undefined) return task;
  const { judge } = task.definition;
  const tighter = {
    timeoutSeconds: Math.min(
      judge.timeoutSeconds,
      (limits.timeoutSeconds ?? judge.timeoutSeconds) + Math.ceil(judgeSeconds),
    ),
    cpuSecondsMax: Math.min(judge.cpuSecondsMax, limits.cpuSecondsMax ?? judge.cpuSecondsMax),
  };
  return { ...task, definition: { ...task.definition, judge: { ...judge, ...tighter } } };
}

function told(
  { rule }: Forgery,
  verdict: Evaluation | string,
  defect: string | null,
): Pick<ForgeryReport, "outcome" | "result"> {
  const outcome =
    typeof verdict === "string"
      ? verdict
      : verdict.kind === "invalid"
        ? `invalid: ${verdict.reason}`
        : shortText(verdict.score);
  const isScored = typeof verdict !== "string" && verdict.kind === "scored";
  return {
    outcome: outcome.slice(0, REASON_CHARS_MAX),
    result: defect !== null ? "earned" : rule === "told" && isScored ? "told" : "held",
  };
}

function faultOf(
  { name, rule }: Forgery,
  verdict: Evaluation | string,
  { task, starter, slack }: Trial,
): string | null {
  if (typeof verdict === "string") return `judge.py fails on ${name}: ${verdict}`;
  if (verdict.kind === "invalid") return null;
  const gain = signedScore(task.definition, verdict.score) - signedScore(task.definition, starter);
  switch (rule) {
    case "invalid":
      return `${name} is scored ${shortText(verdict.score)}; judge.py must refuse it`;
    case "noBetter":
      return gain <= slack + rounding(starter)
        ? null
        : `${name} scores ${shortText(verdict.score)}, better than the starter's ${shortText(starter)}`;
    case "same":
      return verdict.score === starter || Math.abs(gain) <= rounding(starter)
        ? null
        : `${name} scores ${shortText(verdict.score)} instead of ${shortText(starter)}; match rows by their id`;
    case "told":
      return null;
    default:
      return rule satisfies never;
  }
}

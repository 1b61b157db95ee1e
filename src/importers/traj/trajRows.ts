// The canonical rows of one .traj file. Pure. What the file, its name and its folder do not say is null.
import { hashOf } from "../../core/hash.ts";
import type { Json } from "../../core/json.ts";
import { endingOfMlgym } from "../../core/mlgymStatus.ts";
import { outcomeText } from "../../core/outcome.ts";
import { flagsOf as flagNames } from "../../core/signal.ts";
import { dedupeKeyOf, type RolloutRows } from "../../dataset/rows.ts";
import { SCHEMA_VERSION, type StepRow, type TrajectoryRow } from "../../dataset/schema.ts";
import { wellFormed } from "../../dataset/wellFormed.ts";
import { signalsOf } from "../../integrity/signalsOf.ts";
import { mlgymIntegrityFacts } from "../mlgymIntegrity.ts";
import { type MlgymMetric, mlgymMetric } from "../mlgymMetrics.ts";
import { type LinkedScore, linkScores, toldBaseline } from "./scores.ts";
import type { Metrics, Traj } from "./trajFile.ts";
import { inspectedTraj } from "./trajInspected.ts";
import { trajMessages } from "./trajMessages.ts";
import type { TrajSource } from "./trajSource.ts";
import { isFormatEnding, trajStepRow } from "./trajSteps.ts";

/** The licence under which MLGym publishes its trajectories; it stands on every row. */
export const MLGYM_LICENCE = "CC-BY-NC-4.0";
/** MLGym's tasks are a benchmark, whoever played them: the rows scored on its test sets. */
const USE = "benchmark";
/** Where the rows are put; no export takes them without being told to. */
const SPLIT = "benchmark";
/** Between the name of the system and its own names: an imported task is not ours of a like name. */
const MLGYM = "mlgym:";

/** What lay beside a file: results.json, as MLGym writes it. */
export interface TrajResults {
  readonly agent: readonly Metrics[];
  readonly baseline: Metrics | null;
}

/** The rows of one file. Throws a UserError where its parts do not fit together. */
export function trajRows(
  given: Traj,
  source: TrajSource,
  results: TrajResults | "unreadable" | null,
  runId: string,
): RolloutRows {
  const traj = wellFormed(given);
  const { trajectory: steps, info } = traj;
  const status = info.exit_status ?? "";
  const ending = endingOfMlgym(status);
  const metric = metricOf(source.taskId, info.score);
  const observations = steps.map((step) => step.observation);
  const scores = linkScores(info.score, observations, ending.last === "scored");
  const pool = trajMessages(traj);
  const rows = steps.map((step, index): StepRow => {
    const place = pool.steps[index] ?? { response: 0, observation: null };
    const linked = scores.find((score) => score.step === index && score.phase === "validation");
    const isLast = index === steps.length - 1;
    return trajStepRow(step, {
      trajectoryId: source.id,
      index,
      isLast,
      ...place,
      validated: linked === undefined ? null : { score: scoreIn(linked.metrics, metric), linked },
      beyondLimit: isLast && ending.label === "max_steps",
    });
  });
  const baseline = (results === "unreadable" ? null : results?.baseline) ?? toldBaseline(observations);
  const run = source.folder;
  const row: TrajectoryRow = {
    schema_version: SCHEMA_VERSION,
    trajectory_id: source.id,
    run_id: runId,
    task_id: mlgymTaskId(source.taskId),
    task_version: null,
    task_family: mlgymTaskId(source.taskId),
    task_use: USE,
    split: SPLIT,
    trainable: false,
    output_terms: "unknown",
    advantages: null,
    play_hash: null,
    code_version: null,
    origin_parent: null,
    origin_step: null,
    origin_reason: null,
    group_id: run === null ? source.id : hashOf("mlgym-group", run.group),
    group_index: run?.run ?? 0,
    group_size: null,
    retry_count: null,
    seed: null,
    agent_name: run?.agent ?? null,
    agent_version: null,
    agent_config_sha256: null,
    history_processor: null,
    context_mode: null,
    reasoning_in_history: "none",
    reasoning_visibility: "none",
    tool_format: "text",
    model: run?.model ?? null,
    model_revision: null,
    provider: run?.provider ?? null,
    policy_version: null,
    sampling: {
      temperature: run?.temperature ?? null,
      top_p: run?.topP ?? null,
      top_k: null,
      max_tokens: null,
      seed: null,
      stop: null,
      reasoning_effort: null,
    },
    chat_template_sha256: null,
    tokenizer_sha256: null,
    tools: null,
    messages: [...pool.messages],
    main_path: pool.messages.map(({ idx }) => idx),
    ...countColumns(traj, rows),
    ...NO_TIMES,
    tool_s: steps.reduce((sum, step) => sum + (step.execution_time ?? 0), 0),
    outcome: outcomeText(ending.outcome),
    truncated: ending.outcome.kind === "limit",
    ...scoreColumns(status, scores, metric, baseline),
    flags: [...flagsOf(traj, scores, results), ...(traj === given ? [] : ["text:repaired"])].sort(),
    signals: null,
    filter_decision: "keep",
    filter_reasons: [],
    filter_stage: null,
    filter_detail: null,
    dedupe_key: dedupeKeyOf(mlgymTaskId(source.taskId), texts(rows)),
    artifact_manifest_sha256: null,
    license: MLGYM_LICENCE,
    source_license: MLGYM_LICENCE,
    mlgym_exit_status: status,
    source: sourceColumn(traj, source, baseline),
  };
  const signals = signalsOf(inspectedTraj(row, rows), mlgymIntegrityFacts(source.taskId));
  const flags = [...row.flags, ...flagNames(signals)].sort();
  const trajectory = { ...row, flags, signals: signals.map((signal) => ({ ...signal })) };
  return { trajectory: wellFormed(trajectory), steps: rows };
}

/** The id that a task of MLGym's has in imported rows. */
export function mlgymTaskId(taskId: string): string {
  return `${MLGYM}${taskId}`;
}

/** The task's metric; for a task that MLGym does not ship, the only number it scores by, without a direction. */
function metricOf(
  taskId: string,
  scores: readonly Metrics[],
): MlgymMetric | { name: string; higherIsBetter: null } | null {
  const known = mlgymMetric(taskId);
  if (known !== null) return known;
  const names = new Set(scores.flatMap((metrics) => Object.keys(metrics)));
  const [name] = names;
  return names.size === 1 && name !== undefined ? { name, higherIsBetter: null } : null;
}

type Metric = ReturnType<typeof metricOf>;

function scoreIn(metrics: Metrics | null, metric: Metric): number | null {
  if (metrics === null || metric === null) return null;
  const value = Object.hasOwn(metrics, metric.name) ? metrics[metric.name] : null;
  return typeof value === "number" ? value : null;
}

function countColumns({ trajectory, info }: Traj, rows: readonly StepRow[]) {
  const stat = (name: string) => info.model_stats[name] ?? null;
  const whole = (value: number | null) => (value !== null && Number.isSafeInteger(value) ? value : null);
  return {
    num_steps: rows.length,
    num_tool_calls: texts(rows).length,
    num_format_errors: trajectory.filter(isFormatEnding).length,
    num_tool_errors: null,
    prompt_tokens: whole(stat("tokens_sent")),
    completion_tokens: whole(stat("tokens_received")),
    reasoning_tokens: null,
    cached_tokens: null,
    cost_usd: stat("total_cost"),
  };
}

const NO_TIMES = {
  started_at: null,
  ended_at: null,
  wall_s: null,
  llm_s: null,
  tool_cpu_s: null,
  throttled_s: null,
  gpu_s: null,
  sandbox_backend: null,
  sandbox_isolation: null,
  sandbox_capabilities: null,
  image_digest: null,
} as const;

function scoreColumns(
  status: string,
  scores: readonly LinkedScore[],
  metric: Metric,
  baseline: Metrics | null,
) {
  const { last } = endingOfMlgym(status);
  const final = scoreIn(scores.find(({ phase }) => phase === "record")?.metrics ?? null, metric);
  const validated = scores.flatMap(({ phase, metrics }) => {
    const value = phase === "validation" ? scoreIn(metrics, metric) : null;
    return value === null ? [] : [value];
  });
  return {
    evaluation_status: last === "scored" && final === null ? "none" : last,
    score_metric: metric?.name ?? null,
    score_raw: last === "scored" ? final : null,
    score_se: null,
    score_count: last === "scored" && final !== null ? 1 : 0,
    score_baseline: scoreIn(baseline, metric),
    score_higher_is_better: metric?.higherIsBetter ?? null,
    best_score_raw: best(validated, metric?.higherIsBetter ?? null),
    best_is_final: null,
    judged_submission: last === "scored" && final !== null ? "final" : null,
    last_valid_score_raw: null,
    evaluations: scores.map(
      ({ metrics, step, phase }): Json => ({
        kind: "scored",
        phase,
        step,
        score: scoreIn(metrics, metric),
        metrics,
      }),
    ),
    reward: null,
    reward_fn: null,
    reward_components: {},
    success: null,
    // The evaluator ran in the agent's own shell, from files that the agent could write.
    evaluator: "mlgym",
    evaluator_version: null,
    eval_error: last === "scored" && final !== null ? null : evalError(status, last),
  };
}

function evalError(status: string, last: "scored" | "invalid" | "none"): string {
  if (last === "scored") return "scored, but not by the task's metric";
  return status === "" ? "the run broke off" : `MLGym: ${status}`;
}

function best(values: readonly number[], higherIsBetter: boolean | null): number | null {
  if (values.length === 0 || higherIsBetter === null) return null;
  return values.reduce((a, b) => (higherIsBetter === b > a ? b : a));
}

/** Tokens and cost are MLGym's own count, made without the provider's. */
function flagsOf(
  traj: Traj,
  scores: readonly LinkedScore[],
  results: TrajResults | "unreadable" | null,
): string[] {
  const { model_stats, score } = traj.info;
  const flags = [
    "tokens_sent" in model_stats ? "tokens:estimated" : null,
    "total_cost" in model_stats ? "cost:estimated" : null,
    traj.notFinite > 0 ? "numbers:notFinite" : null,
    scores.some(({ step }) => step === null) ? "scores:unlinked" : null,
    results === "unreadable" ? "results:unreadable" : null,
    results !== null && results !== "unreadable" && !sameScores(results.agent, score)
      ? "results:differ"
      : null,
  ];
  return flags.filter((flag) => flag !== null);
}

function sameScores(told: readonly Metrics[], kept: readonly Metrics[]): boolean {
  return (
    told.length === kept.length &&
    told.every((metrics, index) =>
      Object.entries(metrics).every(([name, value]) => kept[index]?.[name] === value),
    )
  );
}

function texts(rows: readonly StepRow[]): string[] {
  return rows.flatMap((row) => row.actions.flatMap(({ error, text }) => (error === null ? [text] : [])));
}

function sourceColumn(traj: Traj, source: TrajSource, baseline: Metrics | null): Json {
  const { folder, file, sha256, bytes } = source;
  const { environment, info, history, unread } = traj;
  const agents = [...new Set(history.flatMap(({ agent }) => (agent === null ? [] : [agent])))];
  return {
    format: "mlgym.traj",
    environment,
    folder: folder?.name ?? null,
    file,
    sha256,
    bytes,
    submission: info.submission,
    modelStats: info.model_stats,
    baseline,
    agents,
    costLimitUsd: folder?.costLimitUsd ?? null,
    installed: folder?.installed ?? null,
    suffix: folder?.suffix ?? null,
    unread: [...unread],
  };
}

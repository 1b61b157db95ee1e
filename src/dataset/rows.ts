// Canonical rows from one finished rollout: pure, so that a dataset can be written again at any time.
import { branchGroupId } from "../core/branch.ts";
import { cellId, groupOf, type HistoryConfig } from "../core/cell.ts";
import type { Evaluation } from "../core/evaluation.ts";
import { hashOf } from "../core/hash.ts";
import type { Json } from "../core/json.ts";
import { mlgymExitStatus } from "../core/mlgymStatus.ts";
import { addUsage, NO_USAGE } from "../core/model.ts";
import { outcomeText } from "../core/outcome.ts";
import { flagsOf } from "../core/signal.ts";
import { judgeTrust } from "../core/task.ts";
import type { Trajectory } from "../core/trajectory.ts";
import type { Verdict } from "../core/verdict.ts";
import { contextMode } from "./contextMode.ts";
import { messageRows } from "./messageRows.ts";
import { plainJson } from "./plainJson.ts";
import { reasoningVisibility } from "./reasoningVisibility.ts";
import { recordScore } from "./recordScore.ts";
import type { DatasetRecord, RunInfo, TaskInfo } from "./records.ts";
import { SCHEMA_VERSION, type StepRow, type TrajectoryRow } from "./schema.ts";
import { splitOf } from "./splitOf.ts";
import { stepRows } from "./stepRows.ts";
import { taskVersion } from "./taskRow.ts";
import { wellFormed } from "./wellFormed.ts";

type HistoryKind = "appendOnly" | Exclude<HistoryConfig, "appendOnly">["kind"];

const HISTORY_TEXT: { readonly [kind in HistoryKind]: string } = {
  appendOnly: "append_only",
  blockElision: "block_elision",
  lastObservations: "last_observations",
  closedWindows: "closed_windows",
  summary: "summary",
};

export interface RolloutRows {
  readonly trajectory: TrajectoryRow;
  readonly steps: readonly StepRow[];
}

/** The providers of rows that no model sampled: they are never trained on unless somebody says so. */
export const SCRIPTED_PROVIDER = "scripted";
export const REPLAY_PROVIDER = "replay";

/** False for scripted policies and for replays of what was recorded. */
export function isSampled(provider: string | null): boolean {
  return provider !== SCRIPTED_PROVIDER && provider !== REPLAY_PROVIDER;
}

/** All rows of one rollout. Throws when the record contradicts itself (pool out of order, a prompt's hash wrong). */
export function rolloutRows(record: DatasetRecord, task: TaskInfo, run: RunInfo): RolloutRows {
  const { trajectory } = record;
  const { messages, repaired } = messageRows(trajectory);
  const { tools } = trajectory;
  const steps = stepRows(trajectory, messages, repaired, record.rewards.steps ?? []);
  const row: TrajectoryRow = {
    schema_version: SCHEMA_VERSION,
    trajectory_id: trajectory.key,
    run_id: run.runId,
    ...taskColumns(trajectory, task, run),
    play_hash: trajectory.cell.playHash,
    code_version: run.codeVersion,
    ...originColumns(trajectory, run),
    ...groupColumns(trajectory, run),
    ...policyColumns(trajectory, run),
    context_mode: contextMode(steps),
    reasoning_in_history: trajectory.cell.agent.reasoningInHistory ?? "none",
    reasoning_visibility: reasoningVisibility(trajectory),
    tool_format: tools.length === 0 ? "text" : "native",
    tools: tools.length === 0 ? null : plainJson(tools),
    messages,
    main_path: messages.flatMap((message) => (message.derived_from === null ? [message.idx] : [])),
    ...countColumns(trajectory),
    ...timeColumns(trajectory),
    outcome: outcomeText(trajectory.outcome),
    truncated: trajectory.outcome.kind === "limit",
    ...scoreColumns(record, task),
    flags: [
      ...new Set([
        ...(record.flags ?? []),
        ...flagsOf(record.signals ?? []),
        ...(repaired ? ["text:repaired"] : []),
      ]),
    ].sort(),
    signals: record.signals?.map((signal) => ({ ...signal })) ?? null,
    ...verdictColumns(record.verdict),
    dedupe_key: dedupeKey(trajectory),
    artifact_manifest_sha256: trajectory.finalSubmission,
    license: run.license,
    source_license: task.licence,
    mlgym_exit_status: mlgymExitStatus(trajectory.outcome, recordScore(record.finalEvaluations).status),
    source: null,
  };
  return { trajectory: wellFormed(row), steps: wellFormed(steps) };
}

function taskColumns(trajectory: Trajectory, task: TaskInfo, run: RunInfo) {
  const { definition } = task;
  const terms = run.outputTerms?.[trajectory.cell.model.id] ?? "unknown";
  return {
    task_id: task.id,
    task_version: taskVersion(trajectory.taskPlayHash, task.judgeHash),
    task_family: definition.family,
    task_use: definition.use,
    split: splitOf(definition),
    output_terms: terms,
    trainable:
      definition.use === "train" &&
      definition.notTrainable === undefined &&
      terms !== "forbidden" &&
      isSampled(trajectory.provider),
  };
}

/** Where a branch comes from. */
function originColumns({ key, origin }: Trajectory, run: RunInfo) {
  if (origin === null) return { origin_parent: null, origin_step: null, origin_reason: null };
  const { parentKey, step } = origin;
  return {
    origin_parent: parentKey,
    origin_step: step,
    origin_reason: run.branchReasons?.[key] ?? null,
  };
}

/** Branches of one step are compared with one another; how many there are to be is not known to a row. */
function groupColumns({ cell, seedIndex, origin }: Trajectory, run: RunInfo) {
  if (origin !== null) return { group_id: branchGroupId(origin), group_index: seedIndex, group_size: null };
  if (run.groupSize === null) return { group_id: cellId(cell), group_index: seedIndex, group_size: null };
  const { id, index } = groupOf(cell, seedIndex, run.groupSize);
  return { group_id: id, group_index: index, group_size: run.groupSize };
}

function policyColumns(trajectory: Trajectory, run: RunInfo) {
  const { cell } = trajectory;
  const { agent, model, sampling } = cell;
  const tokenizer = run.tokenizers?.[model.id];
  const versions = new Set(trajectory.steps.map((step) => step.reply.policyVersion));
  const [version] = versions;
  return {
    retry_count: trajectory.retry,
    seed: trajectory.seed,
    agent_name: agent.name,
    agent_version: trajectory.agentIdentity,
    agent_config_sha256: hashOf("agent-config", agent),
    history_processor: HISTORY_TEXT[agent.history === "appendOnly" ? agent.history : agent.history.kind],
    model: model.id,
    model_revision: model.revision,
    provider: trajectory.provider,
    policy_version: versions.size === 1 ? (version ?? null) : null,
    sampling: {
      temperature: sampling.temperature ?? null,
      top_p: sampling.topP ?? null,
      top_k: sampling.topK ?? null,
      max_tokens: sampling.maxTokens ?? null,
      seed: sampling.seeded === true ? trajectory.seed : null,
      stop: sampling.stop ?? null,
      reasoning_effort: sampling.reasoningEffort ?? null,
    },
    chat_template_sha256: tokenizer?.chatTemplateSha256 ?? null,
    tokenizer_sha256: tokenizer?.tokenizerSha256 ?? null,
  };
}

function countColumns({ steps }: Trajectory) {
  const actions = steps.flatMap((step) => step.actions);
  const usage = steps.reduce((sum, step) => addUsage(sum, step.reply.usage), NO_USAGE);
  const prices = steps.map((step) => step.reply.costUsd);
  const known = prices.filter((price) => price !== null);
  return {
    num_steps: steps.length,
    num_tool_calls: actions.filter(({ error }) => error === null).length,
    num_format_errors: steps.filter((step) => step.formatError !== null).length,
    num_tool_errors: actions.filter(({ error, result }) => error === null && result?.ok === false).length,
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    reasoning_tokens: usage.reasoning,
    cached_tokens: usage.cacheRead,
    cost_usd: known.length === prices.length ? known.reduce((sum, price) => sum + price, 0) : null,
  };
}

function timeColumns(trajectory: Trajectory) {
  const { steps, place } = trajectory;
  const results = steps.flatMap(({ actions }) => actions.flatMap(({ result }) => result ?? []));
  return {
    started_at: Math.trunc(trajectory.startedAtMs),
    ended_at: Math.trunc(trajectory.endedAtMs),
    wall_s: (trajectory.endedAtMs - trajectory.startedAtMs) / 1000,
    llm_s: sum(steps, ({ reply }) => reply.latencyMs) / 1000,
    tool_s: sum(results, ({ durationMs }) => durationMs) / 1000,
    tool_cpu_s: sum(results, ({ cpuMs }) => cpuMs) / 1000,
    throttled_s: sum(steps, ({ reply }) => reply.throttledMs) / 1000,
    gpu_s: null,
    sandbox_backend: place?.capabilities.backend ?? null,
    sandbox_isolation: place?.capabilities.isolation ?? null,
    sandbox_capabilities: place === null ? null : plainJson(place.capabilities),
    image_digest: place?.imageDigest ?? null,
  };
}

function scoreColumns(record: DatasetRecord, task: TaskInfo) {
  const { trajectory, rewards } = record;
  const { metric, anchors, judge } = task.definition;
  const final = recordScore(record.finalEvaluations);
  const best = recordScore(record.bestEvaluations);
  const standIn = recordScore(record.lastValidEvaluations ?? []);
  const best_is_final =
    trajectory.bestValidated === null
      ? null
      : trajectory.bestValidated.submission === trajectory.finalSubmission;
  return {
    evaluation_status: final.status,
    score_metric: metric.name,
    score_raw: final.status === "scored" ? final.mean : null,
    score_se: rewards.standardError,
    score_count: final.status === "scored" ? final.count : 0,
    score_baseline: anchors.starter,
    score_higher_is_better: metric.direction === "maximize",
    best_score_raw: best.status === "scored" ? best.mean : null,
    best_is_final,
    judged_submission: final.status === "scored" ? "final" : standIn.status === "scored" ? "lastValid" : null,
    last_valid_score_raw: standIn.status === "scored" ? standIn.mean : null,
    evaluations: evaluationsColumn(record),
    reward: rewards.value,
    reward_fn: rewards.fn,
    reward_components: plainJson(rewards.components),
    advantages: rewards.advantages === undefined ? null : plainJson(rewards.advantages),
    success: rewards.success,
    evaluator: judgeTrust({ judge }) === "shared" ? `judge:${judge.kind}:shared` : `judge:${judge.kind}`,
    evaluator_version: task.judgeHash,
    eval_error:
      final.status === "invalid" ? final.reason : final.status === "none" ? trajectory.finalReason : null,
  };
}

/** Every evaluation once, without its times: the final submission's first, then those of the best, the last valid and other validated ones. */
function evaluationsColumn(record: DatasetRecord): Json {
  const seen = new Map<string, Evaluation>();
  const { finalEvaluations, bestEvaluations, lastValidEvaluations = [], validatedEvaluations = [] } = record;
  const all = [...finalEvaluations, ...bestEvaluations, ...lastValidEvaluations, ...validatedEvaluations];
  for (const evaluation of all) {
    if (!seen.has(evaluation.key)) seen.set(evaluation.key, evaluation);
  }
  const column = [...seen.values()].map((evaluation) => {
    const { key, submission, phase, seed } = evaluation;
    const common = { key, submission, phase, seed, kind: evaluation.kind };
    return evaluation.kind === "scored"
      ? { ...common, score: evaluation.score, metrics: evaluation.metrics }
      : { ...common, reason: evaluation.reason };
  });
  return plainJson(column);
}

function verdictColumns(verdict: Verdict) {
  return verdict.kind === "kept"
    ? { filter_decision: "keep", filter_reasons: [], filter_stage: null, filter_detail: null }
    : {
        filter_decision: "drop",
        filter_reasons: [verdict.reason],
        filter_stage: verdict.stage,
        filter_detail: verdict.detail,
      };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function dedupeKey({ cell, steps }: Trajectory): string | null {
  const texts = steps.flatMap((step) =>
    step.actions.flatMap(({ error, text }) => (error === null ? [text] : [])),
  );
  return dedupeKeyOf(cell.taskId, texts);
}

/** Rollouts of one task that did the same things, white space aside, share it. Null where nothing was done. */
export function dedupeKeyOf(task: string, actionTexts: readonly string[]): string | null {
  const actions = actionTexts.map((text) => text.replaceAll(/\s+/g, " ").trim());
  return actions.length === 0 ? null : hashOf("actions", { task, actions });
}

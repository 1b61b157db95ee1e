// What must hold of the canonical tables whatever happened, checked on every row that is written and again when it is
// read. A violation is an error that names row and rule: such a dataset is not published.
import { messageSha256, promptSha256 } from "../core/message.ts";
import { OUTPUT_TERMS, REASONING_IN_HISTORY } from "../core/model.ts";
import { SIGNAL_NAMES, signalSchema } from "../core/signal.ts";
import { contextMode, extendsPrevious, type TokenContext } from "./contextMode.ts";
import { messageOfRow } from "./messageRows.ts";
import type { RolloutRows } from "./rows.ts";
import type { StepRow, TaskRow, TrajectoryRow } from "./schema.ts";
import { applyTokenDelta } from "./tokenDelta.ts";

/** Flags that nothing but a signal gives. */
const SIGNALS: ReadonlySet<string> = new Set(SIGNAL_NAMES);

export const INVARIANTS = [
  "keyOrder",
  "poolIndex",
  "poolReference",
  "mainPath",
  "messageHash",
  "stepOrder",
  "promptReference",
  "responseSampled",
  "promptHash",
  "tokenLengths",
  "trainFlag",
  "contextMode",
  "sums",
  "scored",
  "verdict",
  "signals",
  "task",
  "split",
  "group",
  "imported",
  "terms",
  "complete",
] as const;
export type InvariantName = (typeof INVARIANTS)[number];

/** A row breaks a rule. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
  readonly rule: InvariantName;
  readonly row: string;
  constructor(rule: InvariantName, row: string, what: string) {
    super(`row ${row} breaks the rule ${rule}: ${what}`);
    this.rule = rule;
    this.row = row;
  }
}

/** Checks the rows of one rollout by themselves. Throws an InvariantError. */
export function checkRollout({ trajectory, steps }: RolloutRows): void {
  if (trajectory.source === null) checkComplete(trajectory, steps);
  else checkImported(trajectory);
  checkTerms(trajectory);
  checkPool(trajectory);
  checkScored(trajectory);
  checkSignals(trajectory);
  checkSteps(trajectory, steps);
}

/** Checks rollouts among one another: feed it every rollout of a dataset, or of one split, in key order. */
export interface SetCheck {
  /** Throws an InvariantError. */
  add(trajectory: TrajectoryRow): void;
}

/** Keeps a count per group and a split per family; key order makes ids unique without a list of them. */
export function setCheck(tasks: readonly Pick<TaskRow, "task_id" | "family" | "use" | "split">[]): SetCheck {
  const taskById = new Map(tasks.map((task) => [task.task_id, task]));
  const splitByFamily = new Map<string, string>();
  const membersByGroup = new Map<string, number>();
  let before: string | null = null;
  return {
    add: (row) => {
      const broken: Failure = failure(row.trajectory_id);
      if (before !== null && row.trajectory_id <= before) broken("keyOrder", `it comes after ${before}`);
      before = row.trajectory_id;

      const task = taskById.get(row.task_id);
      if (task === undefined) broken("task", `no task ${row.task_id} stands in the tasks table`);
      if (task.family !== row.task_family || task.use !== row.task_use) {
        broken("task", `family or use differ from those of task ${row.task_id}`);
      }
      const family = `${row.task_use}\n${row.task_family ?? ""}`;
      const split = splitByFamily.get(family) ?? row.split;
      splitByFamily.set(family, split);
      if (row.split !== split || row.split !== task.split) {
        broken("split", `split ${row.split}, but other rows of family ${row.task_family} have ${task.split}`);
      }

      const members = (membersByGroup.get(row.group_id) ?? 0) + 1;
      membersByGroup.set(row.group_id, members);
      const size = row.group_size ?? Number.POSITIVE_INFINITY;
      if (members > size || row.group_index >= size) {
        broken("group", `index ${row.group_index}, member ${members} of a group of ${size}`);
      }
    },
  };
}

/** What only the row of somebody else's record may leave unsaid. */
const COMPLETE_TRAJECTORY = [
  "task_version",
  "agent_name",
  "agent_version",
  "agent_config_sha256",
  "history_processor",
  "context_mode",
  "model",
  "provider",
  "started_at",
  "ended_at",
  "score_metric",
  "score_baseline",
  "score_higher_is_better",
  "reward_fn",
] as const;
const COMPLETE_STEP = [
  "prompt_msgs",
  "prompt_sha256",
  "request_sha256",
  "finish_reason",
  "served_model",
  "started_at",
  "latency_s",
] as const;

function checkComplete(row: TrajectoryRow, steps: readonly StepRow[]): void {
  for (const column of COMPLETE_TRAJECTORY) {
    if (row[column] === null) failure(row.trajectory_id)("complete", `${column} is null in a row of our own`);
  }
  for (const step of steps) {
    for (const column of COMPLETE_STEP) {
      const name = `${row.trajectory_id}/${step.step_index}`;
      if (step[column] === null) failure(name)("complete", `${column} is null in a row of our own`);
    }
  }
}

/** Somebody else's record says whose licence it is under, and is never trained on by default. */
function checkImported(row: TrajectoryRow): void {
  const broken: Failure = failure(row.trajectory_id);
  if (row.license === null) broken("imported", "it states no licence");
  if (row.trainable) broken("imported", "it counts as trainable");
  const trained = row.messages.find((message) => message.train);
  if (trained !== undefined) broken("imported", `message ${trained.idx} is trained on`);
}

/** What a model's terms forbid to train on never counts as trainable. */
function checkTerms(row: TrajectoryRow): void {
  const broken: Failure = failure(row.trajectory_id);
  const { output_terms: terms } = row;
  // Absent in rows from before it was kept.
  if (terms !== null && !OUTPUT_TERMS.some((known) => known === terms)) {
    broken("terms", `output_terms is ${terms}`);
  }
  if (terms === "forbidden" && row.trainable) broken("terms", "it counts as trainable");
}

function checkPool(row: TrajectoryRow): void {
  const broken: Failure = failure(row.trajectory_id);
  const count = row.messages.length;
  for (const [position, message] of row.messages.entries()) {
    if (message.idx !== position) broken("poolIndex", `message ${position} has the index ${message.idx}`);
    const { derived_from } = message;
    if (derived_from !== null && (derived_from < 0 || derived_from >= count)) {
      broken("poolReference", `message ${position} is derived from ${derived_from} of ${count}`);
    }
    if (messageSha256(messageOfRow(message)) !== message.sha256) {
      broken("messageHash", `message ${position} does not give its hash`);
    }
    if (message.train && !message.sampled) {
      broken("trainFlag", `message ${position} is trained on but was not sampled`);
    }
  }
  const path = row.messages.flatMap((message) => (message.derived_from === null ? [message.idx] : []));
  if (path.length !== row.main_path.length || path.some((index, i) => row.main_path[i] !== index)) {
    broken("mainPath", "it is not the pool without stand-ins");
  }
}

function checkScored(row: TrajectoryRow): void {
  const broken: Failure = failure(row.trajectory_id);
  if ((row.reward === null) !== (row.success === null)) {
    broken("scored", `reward ${row.reward} and success ${row.success}`);
  }
  const standsIn = row.judged_submission === "lastValid";
  if (standsIn !== (row.last_valid_score_raw !== null) || (standsIn && row.score_raw !== null)) {
    broken("scored", `judged ${row.judged_submission} with last valid score ${row.last_valid_score_raw}`);
  }
  if (row.evaluation_status === "none" && row.reward !== null && !standsIn) {
    broken("scored", `reward ${row.reward} without an evaluation`);
  }
  if ((row.evaluation_status === "scored") !== (row.score_raw !== null)) {
    broken("scored", `evaluation ${row.evaluation_status} with score ${row.score_raw}`);
  }
  const dropped = row.filter_decision === "drop";
  if ((!dropped && row.filter_decision !== "keep") || dropped !== row.filter_reasons.length > 0) {
    broken("verdict", `${row.filter_decision} with reasons [${row.filter_reasons.join(", ")}]`);
  }
}

/** A row's flags are sorted, each once, and name its signals; a signal is of a step that is there. */
function checkSignals(row: TrajectoryRow): void {
  const broken: Failure = failure(row.trajectory_id);
  const { flags, signals } = row;
  if (flags.some((flag, index) => index > 0 && flag <= (flags[index - 1] ?? ""))) {
    broken("signals", `flags [${flags.join(", ")}] are not sorted, or stand there twice`);
  }
  const named = new Set((signals ?? []).map(({ name }) => name));
  const unnamed = [...named].find((name) => !flags.includes(name));
  if (unnamed !== undefined) broken("signals", `the signal ${unnamed} is not among its flags`);
  const unfounded = flags.find((flag) => SIGNALS.has(flag) && !named.has(flag));
  if (unfounded !== undefined) broken("signals", `the flag ${unfounded} has no signal`);
  for (const { name, step, evidence, source } of signals ?? []) {
    if (!signalSchema.safeParse({ name, step, evidence, source }).success) {
      broken("signals", `the signal ${name} is not of the closed list, or its evidence is too long`);
    }
    if (step !== null && step >= row.num_steps)
      broken("signals", `${name} is of step ${step}, which is not there`);
  }
}

function checkSteps(row: TrajectoryRow, steps: readonly StepRow[]): void {
  const broken: Failure = failure(row.trajectory_id);
  if (steps.length !== row.num_steps) {
    broken("stepOrder", `${steps.length} step rows, num_steps ${row.num_steps}`);
  }
  const tools = Array.isArray(row.tools) ? row.tools : [];
  const policy = REASONING_IN_HISTORY.find((name) => name === row.reasoning_in_history);
  if (policy === undefined) broken("contextMode", `reasoning_in_history ${row.reasoning_in_history}`);
  let before: TokenContext | null = null;
  let idsBefore: readonly number[] = [];
  for (const [position, step] of steps.entries()) {
    const brokenStep: Failure = failure(`${row.trajectory_id}/${position}`);
    const last = position === steps.length - 1;
    if (step.trajectory_id !== row.trajectory_id || step.step_index !== position || step.is_last !== last) {
      brokenStep("stepOrder", `index ${step.step_index} of ${step.trajectory_id}, is_last ${step.is_last}`);
    }
    checkPrompt(row, step, tools, brokenStep);
    idsBefore = checkTokens(step, idsBefore, brokenStep);
    const context: TokenContext | null = contextOf(step, idsBefore.length);
    const expected = before && context && extendsPrevious(before, context, row.messages, policy);
    if (step.extends_previous !== expected) {
      brokenStep("contextMode", `extends_previous ${step.extends_previous} is not what its prompt says`);
    }
    before = context;
  }
  const mode = steps.some((step) => step.prompt_msgs === null) ? null : contextMode(steps);
  if (row.context_mode !== mode && (steps.length > 0 || row.source === null)) {
    broken("contextMode", `prompts are not ${row.context_mode}`);
  }
  checkSums(row, steps);
}

function contextOf(step: StepRow, idCount: number): TokenContext | null {
  const { prompt_msgs, response_msg, prompt_reuse_len } = step;
  if (prompt_msgs === null) return null;
  const ids = step.completion_token_ids === null ? null : idCount;
  return { prompt_msgs, response_msg, prompt_reuse_len, idCount: ids };
}

/** An imported record may state tokens of the whole only. */
function checkSums(row: TrajectoryRow, steps: readonly StepRow[]): void {
  const broken: Failure = failure(row.trajectory_id);
  const sum = (of: (step: StepRow) => number | null) =>
    steps.reduce((total, step) => total + (of(step) ?? 0), 0);
  const whole = row.source !== null && steps.every((step) => step.prompt_tokens === null);
  if (
    (!whole && sum((step) => step.prompt_tokens) !== (row.prompt_tokens ?? 0)) ||
    (!whole && sum((step) => step.completion_tokens) !== (row.completion_tokens ?? 0)) ||
    sum((step) => step.actions.filter(({ error }) => error === null).length) !== row.num_tool_calls
  ) {
    broken("sums", "tokens or tool calls are not the sum over its steps");
  }
}

function checkPrompt(row: TrajectoryRow, step: StepRow, tools: readonly unknown[], broken: Failure): void {
  const sent = (step.prompt_msgs ?? []).map((index) => {
    const message = row.messages[index];
    return message === undefined
      ? broken("promptReference", `prompt message ${index} is not in the pool`)
      : message;
  });
  for (const answer of [step.complaint_msg, ...step.actions.map(({ observation_msg }) => observation_msg)]) {
    if (answer !== null && row.messages[answer] === undefined) {
      broken("promptReference", `observation ${answer} is not in the pool`);
    }
  }
  if (step.action_valid !== step.actions.some(({ error }) => error === null)) {
    broken("promptReference", `action_valid ${step.action_valid} is not what its actions say`);
  }
  const response = row.messages[step.response_msg];
  // A record of MLGym's holds replies that it made up itself when it ended an episode.
  const isReply = response?.role === "assistant" && (response.sampled || row.source !== null);
  if (response === undefined || !isReply) {
    broken("responseSampled", `message ${step.response_msg} is not a sampled reply`);
  }
  if (response.train !== step.train)
    broken("trainFlag", `${step.train}, but its reply says ${response.train}`);
  const hashes = sent.map((message) => message.sha256);
  const hash = step.prompt_msgs === null ? null : promptSha256(tools, hashes);
  if (hash !== step.prompt_sha256) broken("promptHash", "messages do not give the hash");
}

function checkTokens(step: StepRow, idsBefore: readonly number[], broken: Failure): readonly number[] {
  const completion = step.completion_token_ids;
  const fresh = step.prompt_new_token_ids;
  const reuse = step.prompt_reuse_len;
  if (completion === null || fresh === null || reuse === null) {
    if (completion !== null || fresh !== null || reuse !== null || step.logprobs !== null) {
      broken("tokenLengths", "token ids are there in part");
    }
    return [];
  }
  if (step.logprobs !== null && step.logprobs.length !== completion.length) {
    broken("tokenLengths", `${step.logprobs.length} log-probabilities of ${completion.length} ids`);
  }
  if (reuse < 0 || reuse > idsBefore.length) {
    broken("tokenLengths", `reuses ${reuse} ids of ${idsBefore.length}`);
  }
  return [...applyTokenDelta(idsBefore, { reuse, fresh }), ...completion];
}

type Failure = (rule: InvariantName, what: string) => never;

function failure(row: string): Failure {
  return (rule, what) => {
    throw new InvariantError(rule, row, what);
  };
}

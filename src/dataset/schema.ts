// The one schema of the canonical tables: tasks, trajectories, steps. Parquet's schema, the Hugging Face features, the
// documentation and the TypeScript row types all derive from these columns. Exports have schemas of their own.
import { z } from "zod";
import {
  arrowSchema,
  bool,
  float32,
  float64,
  int32,
  int64,
  json,
  list,
  orNull,
  struct,
  text,
  timestampMs,
} from "./columns.ts";

/**
 * Raised whenever a column changes its name, type or meaning. Neither a new nullable column (marked `late`) nor one that may be
 * null from now on raises it: files of earlier versions stay readable, and keep their table hashes.
 */
export const SCHEMA_VERSION = "nightshift.traj/2";

const toolCall = struct(
  {
    id: text("Id that the answer refers to."),
    name: text("Tool."),
    arguments: text("The raw string that the model wrote, valid JSON or not."),
    arguments_valid: bool("Whether `arguments` parses as a JSON object."),
  },
  "One native tool call.",
);

const reasoningPart = struct(
  {
    text: text("The part's text."),
    id: orNull(text("The provider's id; parts in a row that share it are one item.")),
    signature: orNull(text("Opaque; sent back unchanged.")),
    encrypted: orNull(text("Opaque; sent back unchanged.")),
  },
  "One piece of reasoning.",
);

const message = struct(
  {
    idx: int32("Position in the pool."),
    role: text("system, user, assistant or tool."),
    content: text("The text."),
    reasoning: orNull(
      text("The reasoning's text, kept apart from the answer; parts joined by a blank line."),
    ),
    reasoning_parts: orNull(
      list(
        reasoningPart,
        "The parts as they came, where `reasoning` alone does not say it: several, signed or encrypted.",
      ),
    ),
    name: orNull(text("Tool that answers (role tool).")),
    tool_call_id: orNull(text("Call that is answered (role tool).")),
    tool_calls: orNull(
      list(toolCall, "Native tool calls of an assistant message; null where there are none."),
    ),
    layout: orNull(
      text("Order of a reply's blocks where it is not reasoning, text, calls: `r`, `t<characters>`, `c`."),
    ),
    kind: text("system, task, demo, reply, observation, formatError, elided or summary."),
    derived_from: orNull(int32("Pool index that an elided or summarised message stands for.")),
    sampled: bool("Produced by the model in this rollout."),
    train: bool("Default loss decision: true for sampled replies worth imitating."),
    train_reason: orNull(text("Why an assistant message is not trained on.")),
    step: orNull(int32("Step whose reply or observation it is.")),
    timestamp_ms: orNull(int64("When a reply arrived, ms since 1970.", { volatile: true })),
    sha256: text("Hash of the message alone."),
  },
  "One message of the pool.",
);

const action = struct(
  {
    tool: text("Name of the tool as the model wrote it."),
    text: text("The action as the agent wrote it; for a native call its name and raw arguments."),
    call_id: orNull(text("The native tool call that it is; null in text formats.")),
    error: orNull(text("Why nothing was run; null when it was carried out.")),
    observation_msg: orNull(
      int32("Pool index of the answer; null where the episode ended with, or before, this action."),
    ),
    ok: orNull(bool("False where the tool refused or failed; null where nothing ran.")),
    exit_code: orNull(int32("Null if no process ran.")),
    timed_out: orNull(bool("The action ran into its time limit.")),
    oom_killed: orNull(bool("The action ran into the memory limit.")),
    validation: orNull(json("What `validate` told the agent.")),
    observation: orNull(
      text("What was observed, verbatim, where it was recorded apart from the message that carried it.", {
        late: true,
      }),
    ),
    tool_s: orNull(float64("Seconds of the action.", { volatile: true })),
    tool_cpu_s: orNull(float64("CPU seconds of the action.", { volatile: true })),
  },
  "One action and what came of it.",
);

const signal = struct(
  {
    name: text("Of the closed list in docs/integrity.md."),
    step: orNull(int32("The step it was found at; null: of the rollout as a whole.")),
    evidence: text("The text or the numbers that it was drawn from, on one line."),
    source: text("static, dynamic, statistical or honeypot."),
  },
  "One integrity signal.",
);

const sampling = struct(
  {
    temperature: orNull(float64("Null: the provider's default.")),
    top_p: orNull(float64("Null: the provider's default.")),
    top_k: orNull(int32("Null: the provider's default.")),
    max_tokens: orNull(int32("Most output tokens of one reply.")),
    seed: orNull(int64("Seed that was sent; null where none was.")),
    stop: orNull(list(text("A stop text."), "Stop texts.")),
    reasoning_effort: orNull(text("As the provider calls it.")),
  },
  "Sampling parameters as sent.",
);

export const trajectoryRowSchema = z.strictObject({
  schema_version: text(`\`${SCHEMA_VERSION}\`.`),
  trajectory_id: text("The rollout key: unique, stable over runs, hosts and retries.", { indexed: true }),
  run_id: text("The run that wrote it.", { volatile: true }),
  task_id: text("Id of the task.", { indexed: true }),
  task_version: orNull(text("Hash over the task's play and judge hashes.")),
  task_family: orNull(text("Tasks of one family never stand in two of train, validation and test.")),
  task_use: text("train, heldOut or benchmark."),
  split: text("train, validation or test by a hash of the family; test for held-out tasks; benchmark.", {
    indexed: true,
  }),
  trainable: bool(
    "False for benchmark and held-out tasks, tasks that say `notTrainable`, models whose terms forbid it, scripted policies, replays and imported rows.",
  ),
  output_terms: orNull(
    text(
      "Whether the terms under which the model is served let its replies train another one: allowed, forbidden or unknown, as the pipeline declares it.",
      { late: true },
    ),
  ),
  play_hash: orNull(
    text("Hash of all that the agent could see or touch: task, tools, prompts, limits.", { late: true }),
  ),
  code_version: orNull(text("Version of Nightshift that wrote the row.", { late: true, volatile: true })),
  origin_parent: orNull(
    text("The rollout that this one branches off, by its id; null: it began at the beginning.", {
      late: true,
    }),
  ),
  origin_step: orNull(int32("The parent's step that was decided anew, from 0.", { late: true })),
  origin_reason: orNull(text("Why that step was chosen.", { late: true })),
  group_id: text("Rollouts to be compared with one another (the GRPO group).", { indexed: true }),
  group_index: int32("Position in the group, from 0."),
  group_size: orNull(int32("Rollouts that a full group has; null where the pipeline groups none.")),
  retry_count: orNull(int32("Infrastructure failures before this one.", { volatile: true })),
  seed: orNull(int64("The 48-bit seed of the rollout.")),
  agent_name: orNull(text("Agent as the pipeline names it.")),
  agent_version: orNull(text("Scaffold, prompts and tools with their versions.")),
  agent_config_sha256: orNull(text("Hash of the agent's configuration.")),
  history_processor: orNull(
    text(
      "How the history becomes a prompt: append_only, block_elision, last_observations, closed_windows or summary.",
    ),
  ),
  context_mode: orNull(
    text(
      "append_only or rewritten: computed, from token ids where there are any, else from messages and reasoning.",
    ),
  ),
  reasoning_in_history: text("Which reasoning of earlier replies was sent again: all, sinceUser or none."),
  reasoning_visibility: text(
    "What can be read of the reasoning: visible, summarised (by the provider), encrypted or none.",
  ),
  tool_format: text("native or text (one command a reply, fenced, tagged or in JSON)."),
  model: orNull(text("Model id.")),
  model_revision: orNull(text("Declared revision.")),
  provider: orNull(text("Whose wire it was: openai, scripted, …")),
  policy_version: orNull(text("Version of the weights, where one served the whole rollout.")),
  sampling,
  chat_template_sha256: orNull(text("Null when unknown, as for hosted models.")),
  tokenizer_sha256: orNull(text("Null when unknown, as for hosted models.")),
  tools: orNull(json("Tool schemas that the model was given; null in the text format.")),
  messages: list(message, "The pool: every message of the rollout, once."),
  main_path: list(int32("Pool index."), "The conversation without elided or summarised stand-ins."),
  num_steps: int32("Model calls, format errors included.", { indexed: true }),
  num_tool_calls: int32("Actions that could be carried out."),
  num_format_errors: int32("Steps whose reply held none."),
  num_tool_errors: orNull(int32("Actions that failed.")),
  prompt_tokens: orNull(int64("Sum over steps.", { indexed: true })),
  completion_tokens: orNull(int64("Sum over steps, reasoning included.", { indexed: true })),
  reasoning_tokens: orNull(int64("Sum over steps.")),
  cached_tokens: orNull(int64("Prompt tokens read from the provider's cache.")),
  cost_usd: orNull(float64("Our own price; null where the model has none. Imported rows: as recorded.")),
  started_at: orNull(timestampMs("When the rollout started.", { volatile: true })),
  ended_at: orNull(timestampMs("When it ended.", { volatile: true })),
  wall_s: orNull(float64("Seconds from start to end.", { volatile: true })),
  llm_s: orNull(float64("Seconds of model calls, throttled time excluded.", { volatile: true })),
  tool_s: orNull(float64("Seconds of actions.", { volatile: true })),
  tool_cpu_s: orNull(float64("CPU seconds of actions.", { late: true, volatile: true })),
  throttled_s: orNull(
    float64("Seconds that model calls waited for rate limits and parked endpoints.", {
      late: true,
      volatile: true,
    }),
  ),
  gpu_s: orNull(float64("Seconds on a leased accelerator; null where none was.", { volatile: true })),
  sandbox_backend: orNull(text("Backend of the sandbox.", { volatile: true })),
  sandbox_isolation: orNull(text("none, namespace, container or virtualMachine.", { volatile: true })),
  sandbox_capabilities: orNull(json("What the backend really enforced.", { volatile: true })),
  image_digest: orNull(text("Image that really ran.", { volatile: true })),
  outcome: text("submitted, forfeit, limit:…, stopped:…, failed:…, cancelled or interrupted."),
  truncated: bool("Ended by a limit, not by the agent."),
  evaluation_status: text("scored, invalid (the submission was judged and refused) or none."),
  score_metric: orNull(text("Name of the task's metric.")),
  score_raw: orNull(
    float64("Mean score of record of the final submission, in the metric's unit.", { indexed: true }),
  ),
  score_se: orNull(float64("Standard error of it.")),
  score_count: int32("Judge seeds behind it."),
  score_baseline: orNull(float64("Score of the starter files.")),
  score_higher_is_better: orNull(bool("Direction of the metric.")),
  best_score_raw: orNull(float64("The same for the submission that validated best.")),
  best_is_final: orNull(bool("Whether both are one submission; null where none was validated.")),
  judged_submission: orNull(
    text(
      "Whose scores reward and verdict go by: final, or lastValid where the final submission had none and the task or pipeline lets the last valid one stand in; null: nothing was scored.",
      { late: true },
    ),
  ),
  last_valid_score_raw: orNull(
    float64(
      "Mean score of record of the last valid submission, where it stands in; never part of `score_raw`.",
      {
        late: true,
      },
    ),
  ),
  evaluations: json("Every evaluation of record: key, submission, seed, and score with metrics or reason."),
  reward: orNull(float64("What training sees; null = not scored, which is not 0.", { indexed: true })),
  reward_fn: orNull(text("Reward function, name@version.")),
  reward_components: json("Other rewards of the same evaluations, by name."),
  advantages: orNull(
    json(
      "What it is worth beside the scored rollouts of its group, by name: groupRelative@1, meanDifference@1, entropic@1, rank@1 (docs/rewards.md); empty: nothing to compare with.",
      { late: true },
    ),
  ),
  success: orNull(bool("Better than the starter by at least two standard errors; null = not scored.")),
  evaluator: text("Kind of judge; `:shared` where hidden tests ran in one process with the agent's code."),
  evaluator_version: orNull(text("Judge hash.")),
  eval_error: orNull(text("Why there is no score.")),
  flags: list(
    text("A flag."),
    "Names of the row's signals, of repairs and of doubts about its figures, e.g. `tamper:judge`, `text:repaired`.",
  ),
  signals: orNull(
    list(signal, "What integrity checks found, by step; null where nobody looked.", { late: true }),
  ),
  filter_decision: text("keep or drop.", { indexed: true }),
  filter_reasons: list(text("A reason of the closed list."), "Why it was dropped."),
  filter_stage: orNull(text("Stage that dropped it.")),
  filter_detail: orNull(text("The same in words.")),
  dedupe_key: orNull(text("Hash of task and normalised actions.")),
  artifact_manifest_sha256: orNull(text("The final submission: hash of its manifest of files.")),
  license: orNull(text("Licence of the row as published.")),
  source_license: orNull(text("Licence of the task and its data.")),
  mlgym_exit_status: orNull(
    text("The ending in MLGym's words: as it was recorded, or made of outcome and evaluation.", {
      late: true,
    }),
  ),
  source: orNull(
    json(
      "Where an imported row comes from, with all that its record says and no column holds; null: our own.",
      {
        late: true,
      },
    ),
  ),
});
export type TrajectoryRow = z.infer<typeof trajectoryRowSchema>;
export type MessageRow = TrajectoryRow["messages"][number];

export const stepRowSchema = z.strictObject({
  trajectory_id: text("The rollout key.", { indexed: true }),
  step_index: int32("From 0, without gaps.", { indexed: true }),
  is_last: bool("The last step of its rollout."),
  prompt_msgs: orNull(
    list(int32("Pool index."), "Exactly what was sent, in order; null where a record does not say it."),
  ),
  response_msg: int32("Pool index of the reply."),
  extends_previous: orNull(
    bool("The prompt begins with all that the step before read and wrote; null for the first step."),
  ),
  prompt_sha256: orNull(text("Hash over the tool schemas and message hashes of what was sent.")),
  request_sha256: orNull(text("Hash of the request body.")),
  raw_completion: orNull(text("Undecorated model text, where a server gives it.")),
  finish_reason: orNull(text("stop, length, tool_calls, content_filter or error.")),
  request_id: orNull(text("The provider's id.", { volatile: true })),
  served_model: orNull(text("Model that the provider says it served.")),
  endpoint: orNull(text("Name of the base URL that answered.", { volatile: true })),
  policy_version: orNull(text("Weights can change within a rollout.")),
  prompt_tokens: orNull(int32("Prompt tokens of this call, cached ones included.")),
  completion_tokens: orNull(int32("Completion tokens of this call, reasoning included.")),
  reasoning_tokens: orNull(int32("Tokens of reasoning among the completion tokens.")),
  cached_tokens: orNull(int32("Prompt tokens read from the provider's cache.")),
  cost_usd: orNull(float64("Our own price.")),
  provider_cost_usd: orNull(float64("The provider's own figure.")),
  token_source: text("none, or the server whose ids these are; ids are never made from text."),
  prompt_reuse_len: orNull(
    int32("The prompt begins with this many ids of (previous prompt ++ previous completion)."),
  ),
  prompt_new_token_ids: orNull(list(int32("Token id."), "The rest of the prompt.")),
  completion_token_ids: orNull(list(int32("Token id."), "Sampled ids, stop token included.")),
  logprobs: orNull(list(float32("Natural log."), "One per sampled id.")),
  logprob_mode: orNull(text("raw or processed, where a server says.")),
  routed_experts_ref: orNull(text("Where routed experts are kept, if they are.")),
  actions: list(action, "What the reply asked for, in the order of execution; one at most in text formats."),
  action_valid: bool("Whether the reply held an action that could be carried out."),
  complaint_msg: orNull(int32("Pool index of the answer to a reply without any action.")),
  started_at: orNull(timestampMs("When the call started.", { volatile: true })),
  latency_s: orNull(float64("Seconds of the model call, throttled time excluded.", { volatile: true })),
  throttled_s: orNull(
    float64("Seconds lost to rate limits, failed tries and endpoints that were away.", { volatile: true }),
  ),
  step_reward: orNull(
    float64(
      "What the step is rewarded with for what `validate` said (`stages.score.stepReward`); null: nothing.",
    ),
  ),
  train: bool("Default loss decision for this completion."),
  error: orNull(text("What was wrong with the reply's form.")),
  thought: orNull(
    text("The reply's text around its action, where an imported record keeps it apart.", { late: true }),
  ),
  state_before: orNull(
    json("Open file and working folder before the action, where an imported record states them.", {
      late: true,
    }),
  ),
});
export type StepRow = z.infer<typeof stepRowSchema>;

export const taskRowSchema = z.strictObject({
  task_id: text("Id of the task.", { indexed: true }),
  task_version: orNull(text("Hash over the play and judge hashes.")),
  play_hash: orNull(text("All that an agent can see or touch.")),
  judge_hash: orNull(text("The judge and its hidden data.")),
  family: text("Family of tasks that it belongs to."),
  use: text("train, heldOut or benchmark."),
  split: text("As in `trajectories`."),
  title: text("The task in a few words."),
  domain: orNull(text("Field of research, as the task names it.")),
  tags: list(text("A tag."), "The task's tags."),
  description: orNull(text("What the agent reads.")),
  metric: orNull(text("Name of the metric.")),
  metric_unit: orNull(text("Its unit.")),
  higher_is_better: orNull(bool("Its direction.")),
  baseline_score: orNull(float64("Score of the starter files.")),
  anchors: json("Named scores: nothing, starter, probe, best, optimum."),
  sigma: orNull(float64("Standard deviation of one record score over judge seeds.")),
  reward_mapping: orNull(text("Reward function of record, name@version.")),
  license: text("Licence of the task and its data."),
  source: orNull(text("Where it comes from, e.g. `mlgym:…`.")),
  definition: orNull(json("The whole definition.")),
});
export type TaskRow = z.infer<typeof taskRowSchema>;

export const TABLE_NAMES = ["tasks", "trajectories", "steps"] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** What a writer and a reader need to know of a table. */
export interface Table<Row extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly row: Row;
  readonly schema: ReturnType<typeof arrowSchema>;
  /** Columns that identify a row, in the order that rows stand in. */
  readonly key: readonly string[];
}

/** Describes a table; throws when a key is not one of its columns. */
export function table<Row extends z.ZodObject>(name: string, row: Row, key: readonly string[]): Table<Row> {
  for (const column of key) {
    if (!(column in row.shape)) throw new TypeError(`table ${name} has no column ${column} to be its key`);
  }
  return { name, row, schema: arrowSchema(row, { "nightshift.table": name }), key };
}

export const tasksTable = table("tasks", taskRowSchema, ["task_id"]);
export const trajectoriesTable = table("trajectories", trajectoryRowSchema, ["trajectory_id"]);
export const stepsTable = table("steps", stepRowSchema, ["trajectory_id", "step_index"]);

/** The canonical tables, in the order that a dataset lists them. */
export const TABLES = { tasks: tasksTable, trajectories: trajectoriesTable, steps: stepsTable } as const;

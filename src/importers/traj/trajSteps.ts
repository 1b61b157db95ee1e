// The step rows of an imported trajectory: each action and observation as it was recorded, and nothing that was not.

import type { Json } from "../../core/json.ts";
import type { StepRow } from "../../dataset/schema.ts";
import type { LinkedScore } from "./scores.ts";
import type { TrajStep } from "./trajFile.ts";
import { isEndingAction } from "./trajMessages.ts";

/** MLGym's commands; every other first word is the shell's. */
const COMMANDS: ReadonlySet<string> = new Set(
  [
    "open goto scroll_down scroll_up create search_dir search_file find_file edit insert submit validate filemap",
    "memory_read memory_write literature_search parse_pdf_url skip exit_forfeit",
  ].flatMap((names) => names.split(" ")),
);

/** How MLGym tells an agent that it stopped an action. */
const STOPPED = /EXECUTION TIMED OUT/;
/** Only the end of an observation is looked at: its middle is whatever the action printed. */
const TAIL_CHARS = 1_000;
/** Of a validation without a score, the first line says why. */
const REASON_CHARS_MAX = 200;

export interface StepPlace {
  readonly trajectoryId: string;
  readonly index: number;
  readonly isLast: boolean;
  readonly response: number;
  readonly observation: number | null;
  /** The step's validation, with the value of the task's metric; null where it told no score. */
  readonly validated: { readonly score: number | null; readonly linked: LinkedScore } | null;
  /** The run's step limit had been reached: the action was recorded and not carried out. */
  readonly beyondLimit: boolean;
}

/** The row of one step; what the file does not say is null. */
export function trajStepRow(step: TrajStep, place: StepPlace): StepRow {
  const error = notCarriedOut(step, place.beyondLimit);
  return {
    trajectory_id: place.trajectoryId,
    step_index: place.index,
    is_last: place.isLast,
    response_msg: place.response,
    ...UNSAID,
    actions: [
      {
        tool: toolOf(step.action),
        text: step.action,
        call_id: null,
        error,
        observation_msg: place.observation,
        ok: null,
        exit_code: null,
        timed_out: STOPPED.test((step.observation ?? "").slice(-TAIL_CHARS)) ? true : null,
        oom_killed: null,
        validation: error === null ? validationOf(step, place) : null,
        observation: step.observation,
        tool_s: step.execution_time,
        tool_cpu_s: null,
      },
    ],
    action_valid: error === null,
    error: isFormatEnding(step) ? "no readable action after several tries" : null,
    thought: step.thought,
    state_before: stateOf(step.state),
  };
}

/** The step that MLGym ended for replies without a readable action. */
export function isFormatEnding({ action }: TrajStep): boolean {
  return action.trim() === "exit_format";
}

/** What a .traj file says of no step. */
const UNSAID = {
  prompt_msgs: null,
  extends_previous: null,
  prompt_sha256: null,
  request_sha256: null,
  raw_completion: null,
  finish_reason: null,
  request_id: null,
  served_model: null,
  endpoint: null,
  policy_version: null,
  prompt_tokens: null,
  completion_tokens: null,
  reasoning_tokens: null,
  cached_tokens: null,
  cost_usd: null,
  provider_cost_usd: null,
  token_source: "none",
  prompt_reuse_len: null,
  prompt_new_token_ids: null,
  completion_token_ids: null,
  logprobs: null,
  logprob_mode: null,
  routed_experts_ref: null,
  complaint_msg: null,
  started_at: null,
  latency_s: null,
  throttled_s: null,
  step_reward: null,
  train: false,
} as const;

function notCarriedOut(step: TrajStep, beyondLimit: boolean): string | null {
  if (isEndingAction(step.action)) return `MLGym ended the episode here: ${step.action.trim()}`;
  if (beyondLimit) return "not carried out: the step limit had been reached";
  return null;
}

function toolOf(action: string): string {
  const word = action.trim().split(/\s/, 1)[0] ?? "";
  return COMMANDS.has(word) || isEndingAction(word) ? word : "shell";
}

/** In the shape of our own validations, with all metrics beside the score. MLGym counts no validations. */
function validationOf(step: TrajStep, { validated }: StepPlace): Json {
  const common = { submission: null, evaluationKeys: [], remaining: null };
  if (validated !== null) {
    return { ...common, score: validated.score, reason: null, metrics: validated.linked.metrics };
  }
  if (step.action.trim() !== "validate") return null;
  const [line = ""] = (step.observation ?? "").trim().split("\n", 1);
  return { ...common, score: null, reason: line.slice(0, REASON_CHARS_MAX), metrics: {} };
}

/** MLGym writes the state as JSON text; what is no JSON stays text. */
function stateOf(state: string | null): Json {
  if (state === null) return null;
  try {
    const parsed: unknown = JSON.parse(state);
    return isJson(parsed) ? parsed : state;
  } catch {
    return state;
  }
}

function isJson(value: unknown): value is Json {
  return value !== undefined;
}

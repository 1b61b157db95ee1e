// The rows of the steps table: one model call each, referring to the pool by index.

import { promptSha256 } from "../core/message.ts";
import type { FinishReason } from "../core/model.ts";
import type { StepAction, StepRecord, Trajectory } from "../core/trajectory.ts";
import { extendsPrevious, type TokenContext } from "./contextMode.ts";
import { plainJson } from "./plainJson.ts";
import type { MessageRow, StepRow } from "./schema.ts";
import { tokenDelta } from "./tokenDelta.ts";

const FINISH_TEXT: { readonly [reason in FinishReason]: string } = {
  stop: "stop",
  length: "length",
  toolCalls: "tool_calls",
  contentFilter: "content_filter",
  error: "error",
};

/**
 * The rows of a rollout's steps. `rehash` takes every prompt's hash anew, as is due where a message was repaired. Throws
 * when a recorded hash is not the prompt's. `rewards`: one a step, or none.
 */
export function stepRows(
  trajectory: Trajectory,
  messages: readonly MessageRow[],
  rehash: boolean,
  rewards: readonly (number | null)[] = [],
): StepRow[] {
  const policy = trajectory.cell.agent.reasoningInHistory ?? "none";
  let idsBefore: readonly number[] = [];
  let before: TokenContext | null = null;
  return trajectory.steps.map((step, position) => {
    const prompt = step.prompt.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
    const sha256 = promptSha256(
      trajectory.tools,
      prompt.map((index) => messages[index]?.sha256 ?? ""),
    );
    if (!rehash && sha256 !== step.promptSha256) {
      throw new RangeError(
        `rollout ${trajectory.key}, step ${position}: the prompt's messages do not give its hash`,
      );
    }
    const tokens = tokenColumns(idsBefore, step);
    const recorded = step.reply.tokens;
    idsBefore = recorded === null ? [] : [...recorded.promptIds, ...recorded.completionIds];
    const context: TokenContext = {
      prompt_msgs: prompt,
      response_msg: step.response,
      prompt_reuse_len: tokens.prompt_reuse_len,
      idCount: recorded === null ? null : idsBefore.length,
    };
    const extends_previous = before && extendsPrevious(before, context, messages, policy);
    before = context;
    return {
      trajectory_id: trajectory.key,
      step_index: step.index,
      is_last: position === trajectory.steps.length - 1,
      prompt_msgs: prompt,
      response_msg: step.response,
      extends_previous,
      prompt_sha256: sha256,
      ...replyColumns(step),
      ...tokens,
      actions: step.actions.map(actionColumn),
      action_valid: step.actions.some(({ error }) => error === null),
      complaint_msg: step.complaint,
      step_reward: rewards[position] ?? null,
      error: step.formatError,
      thought: null,
      state_before: null,
      train: messages[step.response]?.train ?? false,
    };
  });
}

function replyColumns(step: StepRecord) {
  const { reply } = step;
  return {
    request_sha256: reply.requestSha256,
    raw_completion: null,
    finish_reason: FINISH_TEXT[reply.finish],
    request_id: reply.requestId,
    served_model: reply.servedModel,
    endpoint: reply.endpoint,
    policy_version: reply.policyVersion,
    prompt_tokens: reply.usage.input,
    completion_tokens: reply.usage.output,
    reasoning_tokens: reply.usage.reasoning,
    cached_tokens: reply.usage.cacheRead,
    cost_usd: reply.costUsd,
    provider_cost_usd: reply.providerCostUsd,
    started_at: Math.trunc(step.startedAtMs),
    latency_s: reply.latencyMs / 1000,
    throttled_s: reply.throttledMs / 1000,
  };
}

function tokenColumns(idsBefore: readonly number[], step: StepRecord) {
  const { tokens } = step.reply;
  const none = { routed_experts_ref: null, logprob_mode: null };
  if (tokens === null) {
    return {
      ...none,
      token_source: "none",
      prompt_reuse_len: null,
      prompt_new_token_ids: null,
      completion_token_ids: null,
      logprobs: null,
    };
  }
  const { reuse, fresh } = tokenDelta(idsBefore, tokens.promptIds);
  return {
    ...none,
    token_source: tokens.source,
    prompt_reuse_len: reuse,
    prompt_new_token_ids: [...fresh],
    completion_token_ids: [...tokens.completionIds],
    logprobs: tokens.logprobs === null ? null : tokens.logprobs.map(Math.fround),
  };
}

function actionColumn(action: StepAction): StepRow["actions"][number] {
  const { result } = action;
  const ran = action.error === null ? result : null;
  return {
    tool: action.tool,
    text: action.text,
    call_id: action.callId,
    error: action.error,
    observation_msg: result?.message ?? null,
    ok: ran?.ok ?? null,
    exit_code: ran?.exitCode ?? null,
    timed_out: ran?.timedOut ?? null,
    oom_killed: ran?.oomKilled ?? null,
    validation: ran?.validation ? plainJson(ran.validation) : null,
    observation: null,
    tool_s: ran === null ? null : ran.durationMs / 1000,
    tool_cpu_s: ran === null ? null : ran.cpuMs / 1000,
  };
}

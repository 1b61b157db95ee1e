// The rows of the steps table: one model call each, referring to the pool by index.

import { promptSha256 } from "../core/message.ts";
import type { FinishReason } from "../core/model.ts";
import type { StepRecord, Trajectory } from "../core/trajectory.ts";
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
 * The rows of a rollout's steps. `tools` are the schemas that its prompts were hashed with; `rehash` takes every prompt's
 * hash anew, as is due where a message was repaired. Throws when a recorded hash is not the prompt's.
 */
export function stepRows(
  trajectory: Trajectory,
  messages: readonly MessageRow[],
  tools: readonly unknown[],
  rehash: boolean,
): StepRow[] {
  let idsBefore: readonly number[] = [];
  return trajectory.steps.map((step, position) => {
    const prompt = step.prompt.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
    const sha256 = promptSha256(
      tools,
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
    return {
      trajectory_id: trajectory.key,
      step_index: step.index,
      is_last: position === trajectory.steps.length - 1,
      prompt_msgs: prompt,
      response_msg: step.response,
      prompt_sha256: sha256,
      ...replyColumns(step),
      ...tokens,
      ...actionColumns(step),
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

function actionColumns(step: StepRecord) {
  const { result } = step;
  return {
    action: step.action?.text ?? null,
    action_tool: step.action?.tool ?? null,
    action_valid: step.action !== null,
    observation_msg: result?.message ?? null,
    tool_exit_code: result?.exitCode ?? null,
    tool_ok: step.action === null ? null : (result?.ok ?? null),
    timed_out: result?.timedOut ?? null,
    oom_killed: result?.oomKilled ?? null,
    validation: result?.validation ? plainJson(result.validation) : null,
    tool_s: result === null ? null : result.durationMs / 1000,
    tool_cpu_s: result === null ? null : result.cpuMs / 1000,
    step_reward: null,
    error: step.formatError,
  };
}

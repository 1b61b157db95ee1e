// One finished rollout as one line for a trainer: what was said and done, token by token where the endpoint gave tokens, and how it was judged.
import { isEpisodeEnd, outcomeText } from "../../core/outcome.ts";
import type { StepRecord } from "../../core/trajectory.ts";
import type { Bill, PlayedRollout } from "./player.ts";
import { sequencesOf } from "./sequences.ts";

/** The line of a rollout that has ended. Its names are those of the dataset's tables where they mean the same. */
export function sampleLine(played: PlayedRollout) {
  const { asked, outcome, record, versions, score, rewards } = played;
  const isEpisode = isEpisodeEnd(outcome);
  const trains = (step: StepRecord) =>
    isEpisode && step.formatError === null && step.reply.finish !== "error";
  return {
    kind: "rollout" as const,
    task: asked.task,
    seed: asked.seed,
    rollout_key: asked.key,
    group_id: asked.group.id,
    group_index: asked.group.index,
    retry: played.retry,
    outcome: outcomeText(outcome),
    error: outcome.kind === "failed" ? outcome.error : null,
    /** False where infrastructure or an abort cut it off: then it says nothing about the policy. */
    train: isEpisode && score.kind !== "owed",
    reward: rewards.value,
    reward_fn: rewards.fn,
    reward_components: rewards.components,
    success: rewards.success,
    evaluation: {
      kind: score.kind,
      mean: score.mean,
      standard_error: score.standardError,
      reason: score.reason,
      seeds: score.evaluations.map((evaluation) => ({
        seed: evaluation.seed,
        score: evaluation.kind === "scored" ? evaluation.score : null,
        metrics: evaluation.kind === "scored" ? evaluation.metrics : null,
      })),
    },
    tools: record.tools,
    messages: record.pool.map(({ kind, step, message }) => ({ kind, step, ...message })),
    steps: record.steps.map((step) => stepOf(step, versions[step.index], trains(step))),
    sequences: sequencesOf(record.steps, versions, trains),
    billed: billOf(played.bill),
  };
}
export type SampleLine = ReturnType<typeof sampleLine>;

function stepOf(step: StepRecord, versions: PlayedRollout["versions"][number] | undefined, train: boolean) {
  const { reply } = step;
  return {
    index: step.index,
    /** Half-open spans of positions in `messages`: the prompt that was sent. */
    prompt_msgs: step.prompt,
    response_msg: step.response,
    token_source: reply.tokens?.source ?? "none",
    prompt_token_count: reply.usage.input,
    completion_token_ids: reply.tokens?.completionIds ?? null,
    logprobs: reply.tokens?.logprobs ?? null,
    policy_version: versions?.first ?? reply.policyVersion,
    policy_version_last: versions?.last ?? reply.policyVersion,
    policy_version_source: versions?.source ?? null,
    finish_reason: reply.finish,
    served_model: reply.servedModel,
    request_id: reply.requestId,
    latency_s: reply.latencyMs / 1000,
    train,
    error: step.formatError,
    actions: step.actions.map(({ tool, text, error, result }) => ({
      tool,
      text,
      error,
      observation_msg: result?.message ?? null,
      ok: result?.ok ?? null,
      exit_code: result?.exitCode ?? null,
      timed_out: result?.timedOut ?? null,
      validation: result?.validation ?? null,
      tool_s: result === null ? null : result.durationMs / 1000,
    })),
  };
}

/** A bill in a line's names. */
export function billOf(bill: Bill) {
  const { usage } = bill;
  return {
    tries: bill.tries,
    calls: bill.calls,
    unanswered_calls: bill.unanswered,
    prompt_tokens: usage.input,
    cached_tokens: usage.cacheRead,
    completion_tokens: usage.output,
    cost_usd: bill.usd,
    unanswered_tokens_max: bill.unansweredTokensMax,
    unanswered_cost_usd_max: bill.unansweredUsdMax,
  };
}

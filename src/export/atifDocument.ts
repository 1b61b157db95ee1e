// A rollout as an ATIF document: what stood before the first step, then one step of the agent for each model call with what its
// actions brought in the same step. Messages that took the place of others are in `extra`, so that every prompt can be rebuilt.
import { parsedArguments } from "../dataset/messageRows.ts";
import type { RolloutRows } from "../dataset/rows.ts";
import type { MessageRow, StepRow } from "../dataset/schema.ts";
import { ATIF_VERSION } from "./atifRules.ts";
import { openAiTools } from "./openAiTools.ts";
import type { LeftOutReason } from "./recipe.ts";
import { hasTokenIds, tokenSteps } from "./tokenSteps.ts";

type Members = { readonly [name: string]: unknown };

/** The document, or why there is none. */
export function atifDocument(rollout: RolloutRows): Members | LeftOutReason {
  const { trajectory, steps } = rollout;
  if (steps.length === 0) return "noSteps";
  const first = steps[0];
  const opening = (first?.prompt_msgs ?? openingOf(trajectory.messages)).flatMap(
    (index) => trajectory.messages[index] ?? [],
  );
  const written: Members[] = opening.map((message) => openingStep(message));
  const ids = hasTokenIds(steps) ? [...tokenSteps(steps)] : [];
  for (const [position, step] of steps.entries()) {
    const tokens = ids[position];
    const made = agentStep(rollout, step, {
      prompt: tokens?.promptIds ?? null,
      completion: tokens?.completionIds ?? null,
      logprobs: tokens?.logprobs ?? null,
    });
    if (typeof made === "string") return made;
    written.push(made);
    const complaint = step.complaint_msg === null ? undefined : trajectory.messages[step.complaint_msg];
    if (complaint !== undefined) {
      written.push({
        source: "user",
        message: complaint.content,
        extra: { message_index: complaint.idx, kind: complaint.kind },
      });
    }
  }
  const tools = openAiTools(rollout);
  return present({
    schema_version: ATIF_VERSION,
    session_id: trajectory.run_id,
    trajectory_id: trajectory.trajectory_id,
    agent: present({
      name: trajectory.agent_name ?? "unknown",
      version: trajectory.agent_version ?? "unknown",
      model_name: trajectory.model,
      tool_definitions: tools,
    }),
    steps: written.map((step, index) => ({ step_id: index + 1, ...step })),
    final_metrics: finalMetrics(rollout, written.length),
    extra: rootExtra(rollout, opening),
  });
}

/** Where a record does not say what was sent: all that stands before the first reply. */
function openingOf(messages: readonly MessageRow[]): readonly number[] {
  const end = messages.findIndex(({ sampled }) => sampled);
  return messages.slice(0, Math.max(0, end)).map(({ idx }) => idx);
}

/** A demonstration's replies are the agent's words, but no model was called for them here. */
function openingStep(message: MessageRow): Members {
  const { role, content, idx, kind, name } = message;
  const extra = { message_index: idx, kind, ...(name === null ? {} : { tool: name }) };
  if (role === "assistant") {
    return { source: "agent", message: content, llm_call_count: 0, is_copied_context: true, extra };
  }
  return { source: role === "system" ? "system" : "user", message: content, extra };
}

interface Tokens {
  readonly prompt: readonly number[] | null;
  readonly completion: readonly number[] | null;
  readonly logprobs: readonly number[] | null;
}

function agentStep({ trajectory }: RolloutRows, step: StepRow, tokens: Tokens): Members | LeftOutReason {
  const reply = trajectory.messages[step.response_msg];
  if (reply === undefined) return "breaksFormat";
  const calls = toolCalls(reply, step);
  if (calls === null) return "invalidToolArguments";
  const results = step.actions.flatMap((action, index) => {
    const message = action.observation_msg === null ? undefined : trajectory.messages[action.observation_msg];
    return message === undefined
      ? []
      : [
          present({
            source_call_id: action.call_id ?? madeCallId(step, index),
            content: message.content,
            extra: present({ message_index: message.idx, ok: action.ok, exit_code: action.exit_code }),
          }),
        ];
  });
  return present({
    source: "agent",
    message: reply.content,
    timestamp: step.started_at === null ? null : new Date(step.started_at).toISOString(),
    model_name: step.served_model ?? trajectory.model,
    reasoning_effort: trajectory.sampling.reasoning_effort,
    reasoning_content: reply.reasoning,
    tool_calls: calls.length === 0 ? null : calls,
    observation: results.length === 0 ? null : { results },
    metrics: metrics(step, tokens),
    llm_call_count: 1,
    extra: present({ message_index: reply.idx, train: step.train, error: step.error }),
  });
}

/**
 * Native calls with the arguments that the model wrote. In text formats a call is what the agent read out of the reply: its text, under an id
 * of ours. Null where a native call's arguments are no object.
 */
function toolCalls(reply: MessageRow, step: StepRow): Members[] | null {
  if (reply.tool_calls !== null) {
    const calls: Members[] = [];
    for (const { id, name, arguments: raw } of reply.tool_calls) {
      const parsed = parsedArguments(raw);
      if (parsed === null) return null;
      calls.push({ tool_call_id: id, function_name: name, arguments: parsed });
    }
    return calls;
  }
  return step.actions.map((action, index) => ({
    tool_call_id: action.call_id ?? madeCallId(step, index),
    function_name: action.tool,
    arguments: { text: action.text },
    extra: { form: "text" },
  }));
}

function madeCallId(step: StepRow, index: number): string {
  return `step-${step.step_index}-${index}`;
}

function metrics(step: StepRow, tokens: Tokens): Members {
  const { prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens } = step;
  // Some servers count otherwise than they list: what does not fit its count is kept beside it.
  const fits = (list: readonly number[] | null, count: number | null) =>
    list !== null && list.length === count;
  const promptFits = fits(tokens.prompt, prompt_tokens);
  const completionFits = fits(tokens.completion, completion_tokens);
  const logprobsFit = completionFits && fits(tokens.logprobs, completion_tokens);
  const cachedFits = cached_tokens !== null && prompt_tokens !== null && cached_tokens <= prompt_tokens;
  const extra = present({
    reasoning_tokens,
    prompt_msgs: step.prompt_msgs,
    prompt_sha256: step.prompt_sha256,
    policy_version: step.policy_version,
    prompt_token_ids: promptFits ? null : tokens.prompt,
    completion_token_ids: completionFits ? null : tokens.completion,
    logprobs: logprobsFit ? null : tokens.logprobs,
    cached_tokens: cachedFits ? null : cached_tokens,
  });
  return present({
    prompt_tokens,
    completion_tokens,
    cached_tokens: cachedFits ? cached_tokens : null,
    cost_usd: step.provider_cost_usd ?? step.cost_usd,
    prompt_token_ids: promptFits ? tokens.prompt : null,
    completion_token_ids: completionFits ? tokens.completion : null,
    logprobs: logprobsFit ? tokens.logprobs : null,
    extra: Object.keys(extra).length === 0 ? null : extra,
  });
}

function finalMetrics({ trajectory }: RolloutRows, steps: number): Members {
  return present({
    total_prompt_tokens: trajectory.prompt_tokens,
    total_completion_tokens: trajectory.completion_tokens,
    total_cached_tokens: trajectory.cached_tokens,
    total_cost_usd: trajectory.cost_usd,
    total_steps: steps,
  });
}

/** The reward is no member of the format; what stood in for older messages is none either. */
function rootExtra({ trajectory }: RolloutRows, opening: readonly MessageRow[]): Members {
  const opened = new Set(opening.map(({ idx }) => idx));
  const standIns = trajectory.messages
    .filter(({ derived_from, idx }) => derived_from !== null && !opened.has(idx))
    .map(({ idx, role, content, kind, derived_from }) => ({
      message_index: idx,
      role,
      content,
      kind,
      derived_from,
    }));
  return present({
    task_id: trajectory.task_id,
    task_version: trajectory.task_version,
    split: trajectory.split,
    outcome: trajectory.outcome,
    reward: trajectory.reward,
    reward_fn: trajectory.reward_fn,
    success: trajectory.success,
    score_metric: trajectory.score_metric,
    score_raw: trajectory.score_raw,
    flags: trajectory.flags,
    trainable: trajectory.trainable,
    context_mode: trajectory.context_mode,
    stand_ins: standIns.length === 0 ? null : standIns,
  });
}

/** Without members that are null: in the format null and absent are equal. */
function present(members: Members): Members {
  return Object.fromEntries(
    Object.entries(members).filter(([, member]) => member !== null && member !== undefined),
  );
}

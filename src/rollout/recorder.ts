// The memory of one rollout: its message pool, steps and totals, each made durable in the steps log before the rollout goes on.
import type { Decision } from "../core/agent.ts";
import type { StepResult } from "../core/env.ts";
import type { StepsLog } from "../core/journal.ts";
import type { RolloutFacts } from "../core/ledger.ts";
import { type Message, type MessageKind, messageSha256, type PooledMessage } from "../core/message.ts";
import { addUsage, NO_USAGE } from "../core/model.ts";
import type { Clock } from "../core/runtime.ts";
import type { EditorState } from "../core/tool.ts";
import type { StepRecord, StepsLogRecord, Trajectory } from "../core/trajectory.ts";
import type { Totals } from "./limits.ts";

export interface Recorder {
  readonly pool: readonly PooledMessage[];
  readonly steps: readonly StepRecord[];
  open(
    messages: readonly { kind: MessageKind; message: Message }[],
    place: NonNullable<Trajectory["place"]>,
  ): Promise<void>;
  /** Durable before the decision's action starts. */
  reply(decision: Decision, startedAtMs: number): Promise<void>;
  /** Durable before the next model call. `message` is null when the episode ended with this step. */
  observe(result: StepResult, message: Message | null): Promise<void>;
  /** A reply of the wrong form was answered with a complaint, or ended the episode. */
  complain(message: Message | null, state: EditorState): Promise<void>;
  totals(): Totals;
  bestValidated(): RolloutFacts["bestValidated"];
}

/** Keeps and journals what happens in one rollout; `better` compares two scores in the task's direction. */
export function createRecorder(
  id: { key: string; retry: number },
  deps: { log: StepsLog; clock: Clock; better: (score: number, than: number) => boolean },
): Recorder {
  const pool: PooledMessage[] = [];
  const steps: StepRecord[] = [];
  const startedAt = deps.clock.monotonic();
  let throttledMs = 0;
  let formatErrorsInRow = 0;
  let refusals = 0;

  const intern = (kind: MessageKind, message: Message, step: number | null): PooledMessage => {
    const pooled = {
      index: pool.length,
      kind,
      step,
      derivedFrom: null,
      sha256: messageSha256(message),
      message,
    };
    pool.push(pooled);
    return pooled;
  };
  const append = (record: StepsLogRecord) => deps.log.append(record);
  const finish = async (result: NonNullable<StepRecord["result"]>, message: PooledMessage | null) => {
    const last = steps.at(-1);
    if (last === undefined) throw new Error("an observation came before any step");
    steps[steps.length - 1] = { ...last, result };
    await append({ kind: "observation-made", ...id, index: last.index, result, message });
  };

  return {
    pool,
    steps,
    async open(messages, place) {
      for (const { kind, message } of messages) intern(kind, message, null);
      await append({
        kind: "rollout-opened",
        ...id,
        startedAtMs: deps.clock.now(),
        place,
        messages: [...pool],
      });
    },
    async reply(decision, startedAtMs) {
      const { reply, choice } = decision;
      const message = intern("reply", decision.message, steps.length);
      const { text: _text, reasoning: _reasoning, toolCalls: _toolCalls, tokens, ...rest } = reply;
      const step: StepRecord = {
        index: steps.length,
        startedAtMs,
        prompt: decision.prompt.map(([from, to]) => [from, to]),
        promptSha256: decision.promptSha256,
        response: message.index,
        reply: {
          ...rest,
          tokens: tokens && {
            promptIds: [...tokens.promptIds],
            completionIds: [...tokens.completionIds],
            logprobs: tokens.logprobs && [...tokens.logprobs],
            source: tokens.source,
          },
        },
        action: choice.kind === "action" ? choice.action : null,
        formatError: choice.kind === "formatError" ? choice.error : null,
        result: null,
      };
      steps.push(step);
      throttledMs += reply.throttledMs;
      formatErrorsInRow = choice.kind === "formatError" ? formatErrorsInRow + 1 : 0;
      if (choice.kind === "formatError" && choice.refusal) refusals++;
      await append({ kind: "reply-received", ...id, step, message });
    },
    observe(result, message) {
      const pooled = message && intern("observation", message, steps.length - 1);
      const { validation, ...info } = result.info;
      const state = { ...result.observation.state };
      return finish({ message: pooled?.index ?? null, ...info, validation, state }, pooled);
    },
    complain(message, state) {
      const pooled = message && intern("formatError", message, steps.length - 1);
      const nothing = {
        exitCode: null,
        timedOut: false,
        oomKilled: false,
        durationMs: 0,
        cpuMs: 0,
        validation: null,
      };
      return finish({ message: pooled?.index ?? null, ok: false, ...nothing, state: { ...state } }, pooled);
    },
    totals: () => {
      const usage = totalUsage(steps);
      return {
        stepCount: steps.length,
        tokens: usage.input + usage.output,
        costUsd: steps.reduce((sum, step) => sum + (step.reply.costUsd ?? 0), 0),
        formatErrorsInRow,
        refusals,
        wallMs: deps.clock.monotonic() - startedAt - throttledMs,
      };
    },
    bestValidated: () => {
      let best: RolloutFacts["bestValidated"] = null;
      for (const step of steps) {
        const validation = step.result?.validation;
        if (!validation || validation.score === null || validation.submission === null) continue;
        if (best === null || deps.better(validation.score, best.score)) {
          best = { submission: validation.submission, score: validation.score };
        }
      }
      return best;
    },
  };
}

/** Tokens over all steps. */
export function totalUsage(steps: readonly StepRecord[]) {
  return steps.reduce((sum, step) => addUsage(sum, step.reply.usage), NO_USAGE);
}

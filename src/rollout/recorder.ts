// The memory of one rollout: its message pool, steps and totals, each made durable in the steps log before the rollout goes on.
import type { Call, Decision, LastCall, StandIn } from "../core/agent.ts";
import { type BranchStart, recordsOfPast } from "../core/branch.ts";
import type { StepResult } from "../core/env.ts";
import type { StepsLog } from "../core/journal.ts";
import type { RolloutFacts } from "../core/ledger.ts";
import { type Message, type MessageKind, messageSha256, type PooledMessage } from "../core/message.ts";
import { addUsage, NO_USAGE } from "../core/model.ts";
import type { ActionPlace, Past } from "../core/past.ts";
import type { Clock } from "../core/runtime.ts";
import { type EditorState, INITIAL_EDITOR_STATE } from "../core/tool.ts";
import type { StepAction, StepRecord, StepsLogRecord, Trajectory } from "../core/trajectory.ts";
import type { Totals } from "./limits.ts";

export interface Recorder {
  readonly pool: readonly PooledMessage[];
  readonly steps: readonly StepRecord[];
  open(
    messages: readonly { kind: MessageKind; message: Message }[],
    place: NonNullable<Trajectory["place"]>,
  ): Promise<void>;
  /** Instead of `open`, where the recorder was made with what a branch begins with: that is written down as the rollout's own. */
  openBranch(place: NonNullable<Trajectory["place"]>): Promise<void>;
  /** Instead of `open`, where the recorder was made with a past: it goes on in this place. */
  reopen(place: NonNullable<Trajectory["place"]>): Promise<void>;
  /** Durable before the decision's first action starts. */
  reply(decision: Decision, startedAtMs: number): Promise<void>;
  /**
   * What came of the last step's action at `position`. Durable before the next action or model call. `message` is null when
   * the episode ended with it.
   */
  observe(position: number, result: StepResult, message: Message | null): Promise<void>;
  /** The last reply held no call and is answered. */
  complain(message: Message): Promise<void>;
  /** The workspace was kept as it is after this action. */
  keep(place: ActionPlace, snapshot: string): Promise<void>;
  /** The last model call as the agent may know it. */
  last(): LastCall | null;
  totals(): Totals;
  /** The editor's memory after the last observation. */
  state(): EditorState;
  bestValidated(): RolloutFacts["bestValidated"];
}

/** Keeps and journals what happens in one rollout, from its past on where it has one; `better` compares two scores in the task's direction. */
export function createRecorder(
  id: { key: string; retry: number },
  deps: {
    log: StepsLog;
    clock: Clock;
    better: (score: number, than: number) => boolean;
    past?: Past | null;
    branch?: BranchStart | null | undefined;
  },
): Recorder {
  const past = deps.past ?? null;
  const pool: PooledMessage[] = [...((past ?? deps.branch)?.pool ?? [])];
  const steps: StepRecord[] = [...((past ?? deps.branch)?.steps ?? [])];
  const startedAt = deps.clock.monotonic() - (past?.playedMs ?? 0);
  let throttledMs = steps.reduce((sum, { reply }) => sum + reply.throttledMs, 0);
  let formatErrorsInRow = steps.length - 1 - steps.findLastIndex(({ formatError }) => formatError === null);
  let refusals = steps.filter(isRefusal).length;

  const intern = (
    kind: MessageKind,
    message: Message,
    step: number | null,
    derivedFrom: number | null = null,
  ): PooledMessage => {
    const pooled = {
      index: pool.length,
      kind,
      step,
      derivedFrom,
      sha256: messageSha256(message),
      message,
    };
    pool.push(pooled);
    return pooled;
  };
  const append = (record: StepsLogRecord) => deps.log.append(record);
  const lastStep = (): StepRecord => {
    const step = steps.at(-1);
    if (step === undefined) throw new Error("an observation came before any step");
    return step;
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
    async openBranch(place) {
      const startedAtMs = deps.clock.now();
      for (const record of recordsOfPast(id, { startedAtMs, place, pool, steps })) await append(record);
    },
    reopen: (place) => append({ kind: "rollout-reopened", ...id, startedAtMs: deps.clock.now(), place }),
    async reply(decision, startedAtMs) {
      const { reply, formatError } = decision;
      const standIns = decision.standIns.map((made: StandIn) =>
        intern(made.kind, made.message, steps.length, made.derivedFrom),
      );
      const { summaryOf } = decision;
      const message =
        summaryOf === undefined
          ? intern("reply", decision.message, steps.length)
          : intern("summary", decision.message, steps.length, summaryOf);
      const {
        text: _text,
        reasoning: _reasoning,
        toolCalls: _toolCalls,
        layout: _layout,
        tokens,
        ...rest
      } = reply;
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
        actions: decision.calls.map(actionOf),
        formatError: formatError?.error ?? null,
        complaint: null,
        ...(summaryOf === undefined ? {} : { purpose: "summary" as const }),
      };
      steps.push(step);
      throttledMs += reply.throttledMs;
      formatErrorsInRow = formatError === null ? 0 : formatErrorsInRow + 1;
      if (formatError?.refusal === true) refusals++;
      await append({ kind: "reply-received", ...id, step, standIns, message });
    },
    async observe(position, { observation, info }, message) {
      const step = lastStep();
      const action = step.actions[position];
      if (action === undefined) throw new Error(`step ${step.index} has no action ${position}`);
      const kind = action.error === null ? "observation" : "formatError";
      const pooled = message && intern(kind, message, step.index);
      const result = { message: pooled?.index ?? null, ...info, state: { ...observation.state } };
      steps[step.index] = { ...step, actions: step.actions.with(position, { ...action, result }) };
      await append({
        kind: "observation-made",
        ...id,
        index: step.index,
        action: position,
        result,
        message: pooled,
      });
    },
    async complain(message) {
      const step = lastStep();
      const pooled = intern("formatError", message, step.index);
      steps[step.index] = { ...step, complaint: pooled.index };
      await append({ kind: "complaint-made", ...id, index: step.index, message: pooled });
    },
    keep: ({ step, action }, snapshot) =>
      append({ kind: "snapshot-taken", ...id, index: step, action, snapshot }),
    last: () => {
      const step = steps.at(-1);
      if (step === undefined) return null;
      const { input, output } = step.reply.usage;
      return { prompt: step.prompt, response: step.response, tokens: input + output };
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
    state: () =>
      steps.flatMap(({ actions }) => actions.flatMap(({ result }) => result ?? [])).at(-1)?.state ??
      INITIAL_EDITOR_STATE,
    bestValidated: () => {
      let best: RolloutFacts["bestValidated"] = null;
      for (const validated of validatedOf(steps)) {
        if (best === null || deps.better(validated.score, best.score)) best = validated;
      }
      return best;
    },
  };
}

function actionOf(call: Call): StepAction {
  if (call.kind === "action") return { ...call.action, error: null, result: null };
  const { tool, text, callId, error } = call;
  return { tool, arguments: null, text, callId, error, result: null };
}

/** A reply that the provider's filter withheld: no form was wrong, and no action came of it. */
function isRefusal({ formatError, reply }: StepRecord): boolean {
  return formatError !== null && reply.finish === "contentFilter";
}

/** The submissions that validated, in order, each with its mean validation score. */
export function validatedOf(
  steps: readonly StepRecord[],
): readonly { readonly submission: string; readonly score: number }[] {
  return steps.flatMap(({ actions }) =>
    actions.flatMap(({ result }) => {
      const { submission = null, score = null } = result?.validation ?? {};
      return submission === null || score === null ? [] : [{ submission, score }];
    }),
  );
}

/** Tokens over all steps. */
export function totalUsage(steps: readonly StepRecord[]) {
  return steps.reduce((sum, step) => addUsage(sum, step.reply.usage), NO_USAGE);
}

// What the tries that an earlier session left open had come to: how far, at what cost, and which calls were lost with it.
import type { Amount } from "../core/budget.ts";
import { attemptId, type RunState } from "../core/runState.ts";
import type { StepRecord } from "../core/trajectory.ts";
import type { Prior } from "../stages/generate.ts";
import type { StepsReader } from "../store/stepsLog.ts";

export interface InterruptedTry extends Prior {
  readonly stepCount: number;
}

const NOTHING: Amount = { usd: 0, tokens: 0 };
/** A try that had not come to its first call. */
export const NOTHING_SPENT: InterruptedTry = {
  charged: NOTHING,
  lostCallCount: 0,
  lost: NOTHING,
  reason: "interrupted",
  stepCount: 0,
};

/**
 * By attempt id, one try's records in memory at a time. A call without a reply counts at its reservation; so does one whose reply says nothing
 * of its tokens, which is not lost all the same.
 */
export async function interruptedTries(
  state: RunState,
  stepsLog: StepsReader,
): Promise<ReadonlyMap<string, InterruptedTry>> {
  const tries = new Map<string, InterruptedTry>();
  const replied = new Map<string, ReadonlySet<number>>();
  const uncounted = new Set<string>();
  for (const { key, retry } of state.underWay()) {
    const records = await stepsLog.records(key, retry);
    const steps = records.flatMap((record) => (record.kind === "reply-received" ? [record.step] : []));
    const [opened] = records;
    const takenOver = opened?.kind === "rollout-opened" ? (opened.takenOver ?? 0) : 0;
    const counted = steps.filter(isCounted);
    for (const step of steps) if (!isCounted(step)) uncounted.add(`${attemptId(key, retry)}/${step.index}`);
    replied.set(attemptId(key, retry), new Set(counted.map((step) => step.index)));
    tries.set(attemptId(key, retry), {
      ...NOTHING_SPENT,
      charged: counted
        .filter(({ index }) => index >= takenOver)
        .map(costOf)
        .reduce(plus, NOTHING),
      stepCount: steps.length,
    });
  }
  for (const { call, step, reservedUsd, reservedTokens } of [...state.callsInFlight(replied)].reverse()) {
    const attempt = call.split("/").slice(0, 2).join("/");
    const { charged, lost, ...rest } = tries.get(attempt) ?? NOTHING_SPENT;
    const most = { usd: reservedUsd, tokens: reservedTokens };
    // Of the calls of such a step the last one was answered; those before it were lost.
    const isAnswered = uncounted.delete(`${attempt}/${step}`);
    tries.set(attempt, {
      ...rest,
      charged: plus(charged, most),
      lost: isAnswered ? lost : plus(lost, most),
      lostCallCount: rest.lostCallCount + (isAnswered ? 0 : 1),
    });
  }
  return tries;
}

/** No real call takes no tokens: a server that says so has not counted. */
function isCounted({ reply: { usage } }: StepRecord): boolean {
  return usage.input > 0 || usage.output > 0;
}

function costOf({ reply }: StepRecord): Amount {
  return {
    usd: reply.costUsd ?? reply.providerCostUsd ?? 0,
    tokens: reply.usage.input + reply.usage.output,
  };
}

function plus(a: Amount, b: Amount): Amount {
  return { usd: a.usd + b.usd, tokens: a.tokens + b.tokens };
}

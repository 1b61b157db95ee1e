// A branch: a rollout that begins with the first steps of another one as they were, and is played on from there. No I/O.
import type { Origin } from "./cell.ts";
import { hashOf } from "./hash.ts";
import type { PooledMessage } from "./message.ts";
import type { Past } from "./past.ts";
import type { StepRecord, StepsLogRecord, Trajectory } from "./trajectory.ts";

/** What a branch begins with. */
export interface BranchStart {
  readonly pool: readonly PooledMessage[];
  /** The parent's steps before the branch, as they were but for what they took: no time and no money. */
  readonly steps: readonly StepRecord[];
  /** Hash of the prompt that the parent was given at the step that is opened again: the branch's first prompt must have it too. */
  readonly promptSha256: string;
}

/** What a rollout that is opened again at `step` has behind it. Throws RangeError where the parent has no such step. */
export function branchStart(parent: Pick<Trajectory, "key" | "pool" | "steps">, step: number): BranchStart {
  const opened = parent.steps[step];
  if (opened === undefined) {
    throw new RangeError(`rollout ${parent.key} has no step ${step}; it has ${parent.steps.length}`);
  }
  // Stand-ins and the reply are this step's own; all that was there before it is the branch's past.
  const ownFrom = parent.pool.findIndex((message) => message.step === step);
  return {
    pool: parent.pool.slice(0, ownFrom < 0 ? opened.response : ownFrom),
    steps: parent.steps.slice(0, step).map(unpaid),
    promptSha256: opened.promptSha256,
  };
}

function unpaid(step: StepRecord): StepRecord {
  const { reply } = step;
  return { ...step, reply: { ...reply, latencyMs: 0, throttledMs: 0, providerCostUsd: null, costUsd: 0 } };
}

/** The same as a past to play on from: nothing of it was played by the branch, and no sandbox has it behind it. */
export function pastOfBranch({ pool, steps }: BranchStart, at: Pick<Past, "startedAtMs" | "place">): Past {
  return { ...at, pool, steps, snapshot: null, playedMs: 0 };
}

/** The records that fold into the past that a branch begins with, so that its steps log is whole without the parent's. */
export function recordsOfPast(
  { key, retry }: { readonly key: string; readonly retry: number },
  { startedAtMs, place, pool, steps }: Omit<Past, "snapshot" | "playedMs">,
): readonly StepsLogRecord[] {
  const id = { key, retry };
  const messageAt = (index: number): PooledMessage => {
    const message = pool[index];
    if (message === undefined) throw new RangeError(`the pool of ${key}'s past has no message ${index}`);
    return message;
  };
  const messages = pool.filter(({ step }) => step === null);
  const takenOver = steps.length;
  const records: StepsLogRecord[] = [
    { kind: "rollout-opened", ...id, startedAtMs, place, messages, takenOver },
  ];
  for (const step of steps) {
    const { index, response, actions, complaint } = step;
    const standIns = pool.filter((message) => message.step === index && message.index < response);
    records.push({
      kind: "reply-received",
      ...id,
      step: { ...step, complaint: null, actions: actions.map((action) => ({ ...action, result: null })) },
      standIns,
      message: messageAt(response),
    });
    for (const [action, { result }] of actions.entries()) {
      if (result === null) continue;
      const message = result.message === null ? null : messageAt(result.message);
      records.push({ kind: "observation-made", ...id, index, action, result, message });
    }
    if (complaint !== null) {
      records.push({ kind: "complaint-made", ...id, index, message: messageAt(complaint) });
    }
  }
  return records;
}

/** The group of the branches of one step: they are compared with one another. */
export function branchGroupId({ parentKey, step }: Origin): string {
  return hashOf("branch-group", { parentKey, step });
}

/** Whether a step was taken over from the parent: the branch neither sampled it nor paid for it. */
export function isTakenOver(origin: Origin | null, step: number): boolean {
  return origin !== null && step < origin.step;
}

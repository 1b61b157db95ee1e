// What the record of a rollout that was cut off adds up to: enough to go on with the very next thing that was not done. No I/O.
import { StoreError } from "./errors.ts";
import type { PooledMessage } from "./message.ts";
import type { StepAction, StepRecord, StepsLogRecord, Trajectory } from "./trajectory.ts";

/** A position in a rollout: an action among those of a step. */
export interface ActionPlace {
  readonly step: number;
  readonly action: number;
}

/** A rollout as far as it came. */
export interface Past {
  readonly startedAtMs: number;
  /** Where it was played last. */
  readonly place: NonNullable<Trajectory["place"]>;
  readonly pool: readonly PooledMessage[];
  /** Those whose reply is recorded; the last one's actions may lack results. */
  readonly steps: readonly StepRecord[];
  /** The newest snapshot and the action after which it was taken; null: the starter files are all there is. */
  readonly snapshot: (ActionPlace & { readonly id: string }) | null;
  /** Time that it was played, without the time between its sessions, milliseconds. */
  readonly playedMs: number;
}

/**
 * Folds a try's records, oldest first. Null when it had not begun: then nothing of it was paid for. An action whose observation ended the
 * episode has no result here: it is carried out again, and ends it again. Throws StoreError on records out of order.
 */
export function pastOf(records: readonly StepsLogRecord[]): Past | null {
  const [opened] = records;
  if (opened?.kind !== "rollout-opened") return null;
  const pool: PooledMessage[] = [];
  const steps: StepRecord[] = [];
  let { place } = opened;
  let snapshot: Past["snapshot"] = null;
  let playedMs = 0;
  let sessionFromMs = opened.startedAtMs;
  let seenMs = opened.startedAtMs;

  const take = (message: PooledMessage) => {
    if (message.index !== pool.length) throw outOfOrder(opened.key, `message ${message.index}`);
    pool.push(message);
  };
  const stepAt = (index: number): StepRecord => {
    const step = steps[index];
    if (step === undefined) throw outOfOrder(opened.key, `something of step ${index}`);
    return step;
  };
  for (const record of records) {
    switch (record.kind) {
      case "rollout-opened":
        record.messages.forEach(take);
        break;
      case "rollout-reopened":
        playedMs += seenMs - sessionFromMs;
        sessionFromMs = record.startedAtMs;
        seenMs = record.startedAtMs;
        ({ place } = record);
        break;
      case "reply-received": {
        record.standIns.forEach(take);
        take(record.message);
        const { step } = record;
        if (step.index !== steps.length) throw outOfOrder(record.key, `step ${step.index}`);
        steps.push(step);
        seenMs = Math.max(seenMs, step.startedAtMs + step.reply.latencyMs + step.reply.throttledMs);
        break;
      }
      case "observation-made": {
        const step = stepAt(record.index);
        const action = step.actions[record.action];
        if (action === undefined) throw outOfOrder(record.key, `an action of step ${record.index}`);
        if (record.message !== null) take(record.message);
        const result = record.message === null ? null : record.result;
        steps[record.index] = { ...step, actions: step.actions.with(record.action, { ...action, result }) };
        seenMs += record.result.durationMs;
        break;
      }
      case "complaint-made":
        take(record.message);
        steps[record.index] = { ...stepAt(record.index), complaint: record.message.index };
        break;
      case "snapshot-taken":
        snapshot = { step: record.index, action: record.action, id: record.snapshot };
        break;
      default:
        record satisfies never;
    }
  }
  playedMs += seenMs - sessionFromMs;
  return { startedAtMs: opened.startedAtMs, place, pool, steps, snapshot, playedMs };
}

/** One action that was carried out, where it stands, and what came of it; null while it was under way. */
export interface PastAction extends ActionPlace {
  readonly record: StepAction;
}

/** The actions that a sandbox has seen, in order: calls that could not be carried out are none. */
export function actionsOf({ steps }: Pick<Past, "steps">): readonly PastAction[] {
  return steps.flatMap((step) =>
    step.actions.flatMap((record, action) =>
      record.error === null && record.result !== null ? [{ step: step.index, action, record }] : [],
    ),
  );
}

/** The action that was under way when the record ended; null between actions. */
export function underWay({ steps }: Pick<Past, "steps">): StepAction | null {
  return steps.at(-1)?.actions.find(({ error, result }) => error === null && result === null) ?? null;
}

function outOfOrder(key: string, what: string): StoreError {
  return new StoreError(`steps log: rollout ${key} has ${what} out of order`);
}

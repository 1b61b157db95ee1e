// What a run directory keeps on disk, kept in memory for as long as a trainer's request runs: its rollouts as far as they came, their
// evaluations, and what all of it cost. Nothing here outlives the request: the trainer has the data.
import type { Evaluation } from "../core/evaluation.ts";
import type { Archive, StepsLog } from "../core/journal.ts";
import type { Ledger, LedgerEvent, RolloutFacts } from "../core/ledger.ts";
import { addUsage, NO_USAGE } from "../core/model.ts";
import type { Outcome } from "../core/outcome.ts";
import { pastOf } from "../core/past.ts";
import type { StepsLogRecord, Trajectory } from "../core/trajectory.ts";
import type { Bill, PlayedRollout } from "../serve/rollouts/player.ts";

/** One rollout: the try under way, or the last one, and the bill of all of them. */
export interface HeldRollout {
  readonly retry: number;
  readonly record: PlayedRollout["record"];
  /** Null where the rollout did not end by itself. */
  readonly ended: { readonly outcome: Outcome; readonly facts: RolloutFacts } | null;
  readonly bill: Bill;
}

export interface HeldRollouts {
  readonly ledger: Ledger;
  readonly steps: StepsLog;
  readonly archive: Archive;
  readonly evaluations: ReadonlyMap<string, Evaluation>;
  /** How a rollout ended; null while it has not. */
  endedOf(key: string): HeldRollout["ended"];
  /** What there is of a rollout; it is forgotten with this. */
  take(key: string): HeldRollout;
}

interface Reserved {
  readonly tokens: number;
  readonly usd: number;
}

interface Entry {
  retry: number;
  /** Of the last try. */
  records: StepsLogRecord[];
  trajectory: Trajectory | null;
  ended: HeldRollout["ended"];
  tries: number;
  calls: number;
  /** Calls without an answer, by `retry/step`: one that is bought again stands there more than once. */
  readonly open: Map<string, Reserved[]>;
  usage: Bill["usage"];
  usd: number | null;
}

const NOTHING = { pool: [], steps: [], tools: [] };

/** `isPriced`: whether the model's calls have a price; without, nobody knows dollars. */
export function holdRollouts(isPriced: boolean): HeldRollouts {
  const entries = new Map<string, Entry>();
  const evaluations = new Map<string, Evaluation>();
  const entryOf = (key: string): Entry => {
    const known = entries.get(key);
    if (known !== undefined) return known;
    const blank = { retry: 0, records: [], trajectory: null, ended: null, tries: 0, calls: 0 };
    const entry: Entry = { ...blank, open: new Map(), usage: NO_USAGE, usd: 0 };
    entries.set(key, entry);
    return entry;
  };
  return {
    evaluations,
    ledger: {
      append: async (event) => {
        if (event.kind === "evaluation-ended") evaluations.set(event.evaluation.key, event.evaluation);
        else applyEvent(entryOf, event);
      },
    },
    steps: {
      append: async (record) => {
        const entry = entryOf(record.key);
        entry.records.push(record);
        if (record.kind === "reply-received") settle(entry, record);
      },
    },
    archive: {
      // The line that a trainer gets is the archive; nothing reads a reference to it.
      async append(trajectory) {
        entryOf(trajectory.key).trajectory = trajectory;
        return { segment: 0, offset: 0, length: 1 };
      },
      read: () => Promise.reject(new Error("a trainer's rollouts are kept nowhere")),
    },
    endedOf: (key) => entries.get(key)?.ended ?? null,
    take(key) {
      const entry = entryOf(key);
      entries.delete(key);
      const { retry, ended, trajectory, records } = entry;
      const past = trajectory ?? { ...NOTHING, ...pastOf(records) };
      const { pool, steps, tools } = past;
      return { retry, record: { pool, steps, tools }, ended, bill: billOf(entry, isPriced) };
    },
  };
}

function applyEvent(entryOf: (key: string) => Entry, event: LedgerEvent): void {
  switch (event.kind) {
    case "rollout-started": {
      const entry = entryOf(event.key);
      Object.assign(entry, { retry: event.retry, records: [], tries: entry.tries + 1 });
      return;
    }
    case "call-started": {
      const [key = "", retry, step] = event.call.split("/");
      const entry = entryOf(key);
      entry.calls += 1;
      const place = `${retry}/${step}`;
      const reserved = { tokens: event.reservedTokens, usd: event.reservedUsd };
      entry.open.set(place, [...(entry.open.get(place) ?? []), reserved]);
      return;
    }
    case "call-refused": {
      const [key = "", retry, step] = event.call.split("/");
      const { open } = entryOf(key);
      const place = `${retry}/${step}`;
      open.set(place, open.get(place)?.slice(0, -1) ?? []);
      return;
    }
    case "rollout-ended":
      entryOf(event.key).ended = { outcome: event.outcome, facts: event.facts };
      return;
    default:
      return;
  }
}

/** A reply is paid for; of the copies of its call, the last one is the one that was answered. */
function settle(entry: Entry, { retry, step }: Extract<StepsLogRecord, { kind: "reply-received" }>): void {
  const { usage, costUsd, providerCostUsd } = step.reply;
  entry.usage = addUsage(entry.usage, usage);
  const usd = costUsd ?? providerCostUsd;
  entry.usd = entry.usd === null || usd === null ? null : entry.usd + usd;
  const place = `${retry}/${step.index}`;
  entry.open.set(place, entry.open.get(place)?.slice(0, -1) ?? []);
}

function billOf({ tries, calls, open, usage, usd }: Entry, isPriced: boolean): Bill {
  const unanswered = [...open.values()].flat();
  const sum = (of: (one: Reserved) => number) => unanswered.reduce((total, one) => total + of(one), 0);
  return {
    tries,
    calls,
    unanswered: unanswered.length,
    usage,
    usd,
    unansweredTokensMax: sum(({ tokens }) => tokens),
    unansweredUsdMax: isPriced ? sum((one) => one.usd) : null,
  };
}

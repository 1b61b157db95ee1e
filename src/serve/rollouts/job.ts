// One `POST /rollouts` from its first line to its last: rollouts played side by side, each sent as soon as it is judged, all stopped at once
// when the trainer goes away or says so.
import { errorText } from "../../core/errors.ts";
import { addUsage, NO_USAGE } from "../../core/model.ts";
import { outcomeText } from "../../core/outcome.ts";
import type { Clock, Log } from "../../core/runtime.ts";
import type { Places } from "../places.ts";
import type { Lines } from "./lines.ts";
import type { AskedRollout, Bill, PlannedRollouts } from "./player.ts";
import { billOf, sampleLine } from "./sample.ts";

/** So often a client hears that its rollouts are under way, and the server whether the client is still there. */
const PROGRESS_MS = 30_000;
/** A client that reads nothing for so long, while something waits for it, has lost interest. */
const STALL_MS_MAX = 600_000;
/** What a stopped job still has to say is sent to a client that reads, for so long. */
const FAREWELL_MS_MAX = 5_000;

export interface JobOptions {
  readonly id: string;
  readonly planned: PlannedRollouts;
  /** Rollouts at a time, over all jobs of the server. */
  readonly places: Places;
  /** Of this job. */
  readonly concurrency: number;
  readonly lines: Lines;
  readonly clock: Clock;
  readonly log: Log;
}

export interface JobState {
  readonly id: string;
  readonly asked: number;
  readonly running: number;
  readonly ended: number;
}

export interface Job {
  readonly state: JobState;
  /** Why it was stopped; null: it was not. */
  readonly stopped: string | null;
  stop(why: string): void;
  /** Resolves when no rollout of a stopped job runs any more, and no sandbox of it lives. */
  quiet(): Promise<void>;
  /** Resolves when everything has been sent and nothing of it is left. */
  readonly over: Promise<void>;
}

const NO_BILL: Bill = {
  tries: 0,
  calls: 0,
  unanswered: 0,
  usage: NO_USAGE,
  usd: 0,
  unansweredTokensMax: 0,
  unansweredUsdMax: 0,
};

/** Begins at once. The last line closes the books: asked = what ended by outcome + what was not begun. */
export function startJob(options: JobOptions): Job {
  const { id, planned, places, lines, clock, log } = options;
  const { rollouts } = planned;
  const abort = new AbortController();
  const queue: AskedRollout[] = [...rollouts];
  const outcomes: Record<string, number> = {};
  let stopped: string | null = null;
  const plays = new Set<Promise<unknown>>();
  const finished = new AbortController();
  const allPlayed = new AbortController();
  let ended = 0;
  let bill = NO_BILL;

  const stop = (why: string) => {
    if (stopped !== null) return;
    stopped = why;
    abort.abort(new Error(why));
    clock.sleep(FAREWELL_MS_MAX, finished.signal).then(
      () => lines.drop(),
      () => {},
    );
  };
  const send = async (value: object) => {
    const late = new AbortController();
    clock.sleep(STALL_MS_MAX, late.signal).then(
      () => stop(`nothing was read for ${STALL_MS_MAX / 1000} s`),
      () => {},
    );
    try {
      // A line of an aborted rollout is sent too, where the client still listens.
      await lines.write(value, abort.signal.aborted ? undefined : abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
      await lines.write(value);
    } finally {
      late.abort();
    }
  };
  const count = (outcome: string) => {
    ended += 1;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const worker = async () => {
    for (let asked = queue.shift(); asked !== undefined; asked = queue.shift()) {
      const giveBack = await places.wait(abort.signal).catch(() => null);
      if (giveBack === null) {
        queue.unshift(asked);
        return;
      }
      // What breaks the service stops the others before its place is free: none is begun any more.
      const broke = (error: unknown) => {
        count("broken");
        stop(errorText(error));
        throw error;
      };
      const play = planned
        .play(asked, abort.signal)
        .catch(broke)
        .finally(() => {
          plays.delete(play);
          giveBack();
        });
      plays.add(play);
      const played = await play;
      bill = sumOf(bill, played.bill);
      count(outcomeText(played.outcome));
      await send(sampleLine(played));
    }
  };
  const state = (): JobState => ({ id, asked: rollouts.length, running: plays.size, ended });
  const tell = async () => {
    for (;;) {
      await clock.sleep(PROGRESS_MS, allPlayed.signal);
      await lines.write({ kind: "progress", ...state() }, allPlayed.signal);
    }
  };
  const playAll = async (): Promise<string | null> => {
    let broken: string | null = null;
    const length = Math.min(options.concurrency, rollouts.length);
    const workers = Array.from({ length }, () =>
      worker().catch((error: unknown) => {
        broken ??= errorText(error);
        log.warn("rollouts-broken", { id, reason: broken });
        stop(broken);
      }),
    );
    await Promise.all(workers);
    return broken;
  };
  const toEnd = async () => {
    try {
      await lines.write({ kind: "started", id, asked: rollouts.length });
      const telling = tell().catch(() => {});
      const error = await playAll().finally(() => planned[Symbol.asyncDispose]());
      allPlayed.abort();
      await telling;
      const books = { asked: rollouts.length, ended: outcomes, not_begun: queue.length };
      await send({ kind: "end", id, ...books, stopped, error, billed: billOf(bill) });
      lines.end();
    } catch (error) {
      // The answer has begun: a client sees that its end is missing.
      log.warn("rollouts-broken", { id, reason: errorText(error) });
      lines.drop();
    } finally {
      allPlayed.abort();
      finished.abort();
    }
  };
  return {
    get state() {
      return state();
    },
    get stopped() {
      return stopped;
    },
    stop,
    async quiet() {
      await Promise.allSettled([...plays]);
    },
    over: toEnd(),
  };
}

function sumOf(a: Bill, b: Bill): Bill {
  const sum = (x: number | null, y: number | null) => (x === null || y === null ? null : x + y);
  return {
    tries: a.tries + b.tries,
    calls: a.calls + b.calls,
    unanswered: a.unanswered + b.unanswered,
    usage: addUsage(a.usage, b.usage),
    usd: sum(a.usd, b.usd),
    unansweredTokensMax: a.unansweredTokensMax + b.unansweredTokensMax,
    unansweredUsdMax: sum(a.unansweredUsdMax, b.unansweredUsdMax),
  };
}

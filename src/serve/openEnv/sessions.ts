// All open sessions of a server: so many at most, and none that nobody uses.
import type { Clock } from "../../core/runtime.ts";
import type { Places } from "../places.ts";
import { Refusal } from "../refusal.ts";
import type { Games } from "./game.ts";
import { Session } from "./session.ts";

export interface SessionsOptions {
  readonly games: Games;
  readonly places: Places;
  /** A session without a request for so long is closed. */
  readonly idleMsMax: number;
  readonly clock: Clock;
  /** A fresh name that cannot be guessed. */
  readonly newId: () => string;
}

export interface Sessions extends AsyncDisposable {
  /** Throws Refusal CAPACITY_REACHED. `onClosed` hears once why a session was closed by the server. */
  open(onClosed: (why: Refusal) => void): Session;
  /** Resolves when nothing of it is left. */
  close(session: Session, why?: Refusal): Promise<void>;
}

/** Idle sessions are looked for so often within their time. */
const LOOKS = 4;
const LOOK_MS_MIN = 50;

/** Looks for idle sessions from now on. Contract: dispose it; that closes them all. */
export function openSessions({ games, places, idleMsMax, clock, newId }: SessionsOptions): Sessions {
  const open = new Map<
    Session,
    { readonly giveBack: () => void; readonly onClosed: (why: Refusal) => void }
  >();
  const stop = new AbortController();
  const close = async (session: Session, why?: Refusal) => {
    const held = open.get(session);
    if (held === undefined) return;
    open.delete(session);
    try {
      if (why !== undefined) held.onClosed(why);
      await session[Symbol.asyncDispose]();
    } finally {
      // The place is free only when the sandbox is gone: else a server full of leaving clients would hold twice as many.
      held.giveBack();
    }
  };
  const reaper = async () => {
    for (;;) {
      await clock.sleep(Math.max(LOOK_MS_MIN, idleMsMax / LOOKS), stop.signal);
      const why = new Refusal(
        "SESSION_ERROR",
        `the session had no request for ${idleMsMax / 1000} s and is closed`,
      );
      for (const session of [...open.keys()]) {
        if (session.idleMs >= idleMsMax) await close(session, why).catch(() => {});
      }
    }
  };
  const reaping = reaper().catch(() => {});
  return {
    open(onClosed) {
      if (stop.signal.aborted) throw new Refusal("STOPPING", "the server is stopping");
      const giveBack = places.take();
      const session = new Session(newId(), games, clock);
      open.set(session, { giveBack, onClosed });
      return session;
    },
    close,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reaping;
      const why = new Refusal("STOPPING", "the server is stopping");
      await Promise.allSettled([...open.keys()].map((session) => close(session, why)));
    },
  };
}

// A daemon that is away for a while (restarted, killed) is waited for: containers live on without it, and what it was asked is asked again.
import { BoundaryError, errorText } from "../../core/errors.ts";
import type { Clock, Log } from "../../core/runtime.ts";
import { bounded, type Engine } from "./engine.ts";

/** Longest that one creation waits for a daemon to come back, all its absences together, milliseconds. */
const AWAY_MS_MAX = 600_000;
const ASK_EVERY_MS = 1_000;
/** Times that one creation goes through it. */
const OUTAGES_MAX = 5;
/** How a socket says that nobody is behind it. */
const NOBODY = new Set(["ECONNREFUSED", "ECONNRESET", "ENOENT", "EPIPE", "ETIMEDOUT"]);

/**
 * Does the work; where it fails because the daemon cannot be reached, waits until the daemon answers and does it again. Throws what the work
 * throws otherwise, and once the waits are used up.
 */
export async function throughOutages<T>(
  engine: Engine,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const untilMs = clock.monotonic() + AWAY_MS_MAX;
  for (let outage = 1; ; outage++) {
    try {
      return await work();
    } catch (error) {
      if (outage > OUTAGES_MAX || !isUnreachable(error)) throw error;
      log.warn("daemon-away", { backend: engine.name, address: engine.address, error: errorText(error) });
      if (!(await isBack(engine, clock, untilMs, signal))) throw error;
    }
  }
}

/** True once it answers; false when it stayed away. */
async function isBack(engine: Engine, clock: Clock, untilMs: number, signal: AbortSignal): Promise<boolean> {
  while (clock.monotonic() < untilMs) {
    await clock.sleep(ASK_EVERY_MS, signal);
    const answer = await bounded(engine.docker.ping(), engine.deadline(signal)).then(
      () => true,
      () => false,
    );
    if (answer) return true;
  }
  return false;
}

function isUnreachable(error: unknown): boolean {
  const cause = error instanceof BoundaryError ? error.cause : error;
  return (
    cause instanceof Error && "code" in cause && typeof cause.code === "string" && NOBODY.has(cause.code)
  );
}

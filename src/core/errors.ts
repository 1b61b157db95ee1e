// What can go wrong, by the boundary it crossed. An expected ending of a rollout is a value (outcome.ts), never an error.
import { z } from "zod";
import { exhaustion } from "./exhausted.ts";

export const BOUNDARIES = ["sandbox", "model", "task", "agent", "judge"] as const;
export type Boundary = (typeof BOUNDARIES)[number];

/** A broken thing, attributed to the boundary where it broke. `message` = what happened, the value, what to do. */
export class BoundaryError extends Error {
  override readonly name = "BoundaryError";
  readonly boundary: Boundary;
  /** True where another try may succeed (a lost connection); false where it cannot (a missing image). */
  readonly transient: boolean;

  constructor(boundary: Boundary, message: string, options: { cause?: unknown; transient?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.boundary = boundary;
    this.transient = options.transient ?? false;
  }
}

/** Bad input from the user: one clear sentence with the place; the command line turns it into exit code 2. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** A damaged or foreign file under a run directory: says which file, where, and what is still usable. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** True where one record or blob is concerned, and all else can be used as before. */
  readonly isLocal: boolean;

  constructor(message: string, options: { cause?: unknown; isLocal?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.isLocal = options.isLocal ?? false;
  }
}

/**
 * Runs a piece of work and attributes whatever it throws to a boundary. What already has an owner passes unchanged: an attributed error,
 * bad input, a broken store, an abort (it belongs to whoever asked). What the machine has run out of is ExhaustedError, whoever met it.
 */
export async function within<T>(boundary: Boundary, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const exhausted = exhaustion(error);
    if (exhausted !== null) throw exhausted;
    const isOwned =
      error instanceof BoundaryError || error instanceof UserError || error instanceof StoreError;
    if (isOwned || isAbort(error)) throw error;
    throw new BoundaryError(boundary, `${what}: ${errorText(error)}`, { cause: error });
  }
}

/** True for the error that an AbortSignal raises. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}

/** One line of text for any thrown value, with its cause where there is one. At most 500 characters. */
export function errorText(error: unknown): string {
  const own = ownText(error);
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${own}${own.includes(cause.slice(2, -1)) ? "" : cause}`.replaceAll(/\s+/g, " ").slice(0, 500);
}

/** Faults of a value that one line names. */
const ISSUES_MAX = 3;

function ownText(error: unknown): string {
  // zod's own message is a JSON listing.
  if (error instanceof z.ZodError) {
    const more = error.issues.length - ISSUES_MAX;
    const shown = error.issues
      .slice(0, ISSUES_MAX)
      .map(({ path, message }) => {
        const what = message
          .replace(/^Invalid input: /, "")
          .replace(/^expected (.*), received undefined$/, "missing, where $1 is expected");
        return path.length === 0 ? what : `${path.map(String).join(".")}: ${what}`;
      })
      .join("; ");
    return more > 0 ? `${shown}; and ${more} more` : shown;
  }
  return error instanceof Error ? error.message || error.name : String(error);
}

// Carries an error from a worker to whoever waits for it, so that a user's mistake stays a user's mistake.
import { StoreError, UserError } from "../core/errors.ts";
import type { CarriedError } from "./messages.ts";

export function packError(error: unknown): CarriedError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), stack: "", code: null };
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  return { name: error.name, message: error.message, stack: error.stack ?? "", code };
}

/** The same error on this side: its class where it is one of the core's, else an Error of that name; the worker's stack is its cause. */
export function unpackError({ name, message, stack, code }: CarriedError): Error {
  const cause = new Error(`in a worker: ${stack}`);
  switch (name) {
    case "UserError":
      return withCause(new UserError(message), cause);
    case "StoreError":
      return withCause(new StoreError(message), cause);
    default: {
      const error = new Error(message, { cause });
      error.name = name;
      // What the file system said: a full disk is one in a worker, too.
      return code === null ? error : Object.assign(error, { code });
    }
  }
}

function withCause(error: Error, cause: Error): Error {
  error.cause = cause;
  return error;
}

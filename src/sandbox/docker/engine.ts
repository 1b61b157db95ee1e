// A container daemon as the other files of this folder use it.
import type Docker from "dockerode";

export type EngineName = "docker" | "podman";

export interface Engine {
  readonly name: EngineName;
  readonly docker: Docker;
  /** Configured name of the host. */
  readonly host: string;
  /** For messages. */
  readonly address: string;
  readonly imageTag: (image: string) => string;
  /** The signal of one call to the daemon: the caller's, and the call's own deadline. */
  readonly deadline: (signal?: AbortSignal) => AbortSignal;
}

/** The HTTP status of a daemon's refusal; null for any other error. */
export function statusOf(error: unknown): number | null {
  if (!(error instanceof Error) || !("statusCode" in error)) return null;
  return typeof error.statusCode === "number" ? error.statusCode : null;
}

/** Waits for a call that takes no signal of its own, as long as the signal allows. */
export async function bounded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
    // Lost races end unheard.
    work.catch(() => {});
  }
}

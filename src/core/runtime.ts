// What the world gives: time, randomness, a log. Passed in, so that every room can be run under a fake one.

export interface Clock {
  /** Milliseconds since 1970, for records. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary start, never backwards: for durations and deadlines. */
  monotonic(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A uniform number in [0, 1): jitter only. Whatever must be repeatable draws from a seed instead (prng.ts). */
export type Random = () => number;

/** Who may go beside whom on this machine. Waiting ends with the signal's reason; the work itself is not stopped by it. */
export interface Turns {
  /** Goes beside any other shared work. */
  shared<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Goes alone. Contract: never asked for from inside shared work. */
  exclusive<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface Log {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

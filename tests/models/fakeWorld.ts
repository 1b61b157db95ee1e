// A clock that only moves when somebody sleeps, a log that remembers, and models that do as they are told.

import { sha256 } from "../../src/core/hash.ts";
import type { Model, ModelReply, ModelRequest } from "../../src/core/model.ts";
import type { Clock, Log } from "../../src/core/runtime.ts";

export interface FakeClock extends Clock {
  readonly sleeps: readonly number[];
  advance(ms: number): void;
}

export function fakeClock(startMs = 1_000_000): FakeClock {
  let nowMs = startMs;
  const sleeps: number[] = [];
  return {
    sleeps,
    advance: (ms) => {
      nowMs += ms;
    },
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      nowMs += ms;
      await Promise.resolve();
      signal?.throwIfAborted();
    },
  };
}

export interface MemoryLog extends Log {
  readonly lines: readonly { event: string; text: string }[];
}

export function memoryLog(): MemoryLog {
  const lines: { event: string; text: string }[] = [];
  const write = (event: string, fields?: Readonly<Record<string, unknown>>) => {
    lines.push({ event, text: `${event} ${JSON.stringify(fields ?? {})}` });
  };
  return { lines, info: write, warn: write };
}

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

export function plainReply(changes: Partial<ModelReply> = {}): ModelReply {
  return {
    text: "hello",
    reasoning: [],
    toolCalls: [],
    finish: "stop",
    usage: { input: 100, cacheRead: 0, cacheWrite: 0, output: 10, reasoning: 0 },
    tokens: null,
    servedModel: "m",
    requestId: null,
    policyVersion: null,
    latencyMs: 5,
    throttledMs: 0,
    providerCostUsd: null,
    costUsd: null,
    endpoint: "a",
    verbatim: "{}",
    requestSha256: sha256("{}"),
    ...changes,
  };
}

/** A model that plays a list of replies and errors; the calls it saw are kept. Past the end it repeats the last. Each try takes 7 ms. */
export function listModel(
  plays: readonly (ModelReply | Error)[],
  clock: FakeClock | null = null,
): Model & { readonly calls: readonly ModelRequest[] } {
  const calls: ModelRequest[] = [];
  const encode = (request: ModelRequest) => JSON.stringify(request.messages);
  return {
    calls,
    id: "listed",
    provider: "test",
    encode,
    complete: async (request, signal) => {
      signal.throwIfAborted();
      const play = plays[Math.min(calls.length, plays.length - 1)] ?? plainReply();
      calls.push(request);
      clock?.advance(7);
      if (play instanceof Error) throw play;
      return { ...play, requestSha256: sha256(encode(request)) };
    },
  };
}

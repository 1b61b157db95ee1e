// What sandbox tests stand on: blobs in memory, the real clock, a log that can be read back.
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Clock, Log } from "../../src/core/runtime.ts";
import type { BlobStore, ExecOptions, SandboxSpec, SpawnOptions } from "../../src/core/sandbox.ts";

export function memoryBlobs(): BlobStore {
  const kept = new Map<string, Uint8Array>();
  return {
    async put(data) {
      const hash = createHash("sha256").update(data).digest("hex");
      kept.set(hash, Uint8Array.from(data));
      return hash;
    },
    async get(hash) {
      const data = kept.get(hash);
      if (!data) throw new Error(`no blob ${hash}`);
      return data;
    },
    async has(hash) {
      return kept.has(hash);
    },
  };
}

export const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => pause(ms, undefined, signal ? { signal } : {}),
};

export function silentLog(): Log & { readonly warnings: string[] } {
  const warnings: string[] = [];
  return { warnings, info: () => {}, warn: (event) => warnings.push(event) };
}

export function spec(over: Partial<SandboxSpec> = {}): SandboxSpec {
  return {
    runId: "contract",
    owner: "rollout",
    purpose: "rollout",
    image: "python",
    files: [],
    mounts: [],
    limits: { cpus: 2, memoryMb: 256, pids: 64, diskMb: 64, lifetimeMs: 600_000 },
    env: {},
    network: false,
    orphanTtlMs: 60_000,
    ...over,
  };
}

/** Generous: tests assert on what happened, never on how fast. */
export const PATIENT: ExecOptions = { timeoutMs: 60_000, outputBytesMax: 20_000 };
export const HASTY: ExecOptions = { timeoutMs: 700, outputBytesMax: 20_000 };
export const STREAM: SpawnOptions = { cpuSecondsMax: 30, timeoutMs: 60_000, stderrBytesMax: 4_000 };

export const never = new AbortController().signal;

export function text(data: Uint8Array): string {
  return Buffer.from(data).toString("utf8");
}

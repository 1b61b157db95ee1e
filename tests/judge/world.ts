// What tests of the judge stand on: the process backend, blobs in memory, submissions from text, and loaded tasks.
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Evaluation, SubmissionId } from "../../src/core/evaluation.ts";
import { sha256 } from "../../src/core/hash.ts";
import { canonicalJson } from "../../src/core/json.ts";
import type { Clock, Log } from "../../src/core/runtime.ts";
import type { BlobStore, SandboxBackend } from "../../src/core/sandbox.ts";
import type { Task, TaskDefinition } from "../../src/core/task.ts";
import { type JudgeOptions, judge } from "../../src/judge/judge.ts";
import { processBackend } from "../../src/sandbox/process.ts";

export const TASKS = fileURLToPath(new URL("../../tasks", import.meta.url));
/** The system's own where there is one: a version manager's lies in a home that sandboxes may not read. */
const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
export const NEVER = new AbortController().signal;

export const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

export interface World extends AsyncDisposable {
  readonly backend: SandboxBackend;
  readonly blobs: BlobStore;
  /** Names of the warnings that were logged. */
  readonly warnings: string[];
  /** Stores files as a submission. */
  submit(files: Readonly<Record<string, string | Uint8Array>>): Promise<SubmissionId>;
  /** Judges files, or a submission, for the record with one seed, or several. */
  evaluate(
    task: Task,
    files: Readonly<Record<string, string | Uint8Array>>,
    seeds?: readonly number[],
  ): Promise<readonly Evaluation[]>;
  /** A judge over another backend, with this world's blobs. */
  judgeOver(backend: SandboxBackend, onCases?: JudgeOptions["onCases"]): ReturnType<typeof judge>;
}

export async function world(): Promise<World> {
  const root = await mkdtemp(path.join(tmpdir(), "nightshift-judge-"));
  // Sandboxes run as users of their own and must be able to pass through.
  await chmod(root, 0o755);
  const stored = new Map<string, Uint8Array>();
  const blobs: BlobStore = {
    async put(data) {
      const id = sha256(data);
      stored.set(id, data);
      return id;
    },
    async get(id) {
      const data = stored.get(id);
      if (data === undefined) throw new Error(`no blob ${id}`);
      return data;
    },
    has: async (id) => stored.has(id),
  };
  const warnings: string[] = [];
  const log: Log = { info: () => undefined, warn: (event) => void warnings.push(event) };
  const backend = processBackend({ root, python: PYTHON, blobs, clock, log });
  const judgeOver: World["judgeOver"] = (over, onCases) =>
    judge({ backend: over, blobs, clock, log, runId: "judge-tests", ...(onCases ? { onCases } : {}) });
  const submit: World["submit"] = async (files) => {
    const manifest = [];
    for (const [name, content] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const data = typeof content === "string" ? new TextEncoder().encode(content) : content;
      manifest.push({ path: name, sha256: await blobs.put(data), bytes: data.byteLength });
    }
    return blobs.put(new TextEncoder().encode(canonicalJson(manifest)));
  };
  return {
    backend,
    blobs,
    warnings,
    submit,
    judgeOver,
    evaluate: async (task, files, seeds = [1]) =>
      judgeOver(backend).evaluate(task, await submit(files), "record", seeds, NEVER),
    [Symbol.asyncDispose]: async () => {
      await backend.sweep({ runId: "judge-tests" });
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The task with other judge settings, for tests that run into a limit. */
export function withJudge(task: Task, settings: Partial<TaskDefinition["judge"]>): Task {
  return { ...task, definition: { ...task.definition, judge: { ...task.definition.judge, ...settings } } };
}

/** The score, or a failed test that shows the reason. */
export function scoreOf(evaluation: Evaluation | undefined): number {
  if (evaluation?.kind !== "scored") throw new Error(`not scored: ${JSON.stringify(evaluation)}`);
  return evaluation.score;
}

/** The reason, or a failed test that shows the score. */
export function reasonOf(evaluation: Evaluation | undefined): string {
  if (evaluation?.kind !== "invalid") throw new Error(`not invalid: ${JSON.stringify(evaluation)}`);
  return evaluation.reason;
}

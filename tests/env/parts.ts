// A small task, an evaluator that scores by a table, and a clock that moves only when asked: what the env tests share.
import type { Evaluation, Evaluator } from "../../src/core/evaluation.ts";
import { DEFAULT_LIMITS, type RolloutLimits } from "../../src/core/limits.ts";
import type { Clock } from "../../src/core/runtime.ts";
import type { BlobStore, Sandbox } from "../../src/core/sandbox.ts";
import type { Task } from "../../src/core/task.ts";
import type { Tool } from "../../src/core/tool.ts";
import { createEnv } from "../../src/env/env.ts";
import { toolset } from "../../src/tools/toolset.ts";

export const task: Task = {
  id: "tiny",
  folder: "/nowhere/tiny",
  definition: {
    title: "Tiny",
    domain: "test",
    family: "tiny",
    tags: [],
    licence: "CC0-1.0",
    metric: { name: "accuracy", direction: "maximize", unit: "" },
    anchors: { nothing: 0, starter: 0.5, probe: 0.6, best: null, optimum: 1 },
    sigma: 0,
    limits: {},
    resources: { cpus: 1, memoryMb: 256, pids: 64, diskMb: 64 },
    image: "none",
    submission: [
      { path: "out/b.csv", bytesMax: 20 },
      { path: "a.csv", bytesMax: 10 },
    ],
    judge: { kind: "csv", timeoutSeconds: 10, cpuSecondsMax: 10, cpuMsPerCallMax: null },
    use: "train",
    validation: 1,
    mlgym: null,
  },
  description: "Guess {well}.\n",
  workspace: [
    { path: "train.py", data: Buffer.from("print(1)\n"), executable: false },
    { path: "data/x.csv", data: Buffer.from("1,2\n"), executable: false },
  ],
  judgeFiles: [],
  harnessFiles: [],
  data: null,
  mounts: [],
  playHash: "p".repeat(64),
  judgeHash: "j".repeat(64),
};

export interface CountingEvaluator extends Evaluator {
  readonly calls: { submission: string; phase: string; seeds: readonly number[] }[];
}

/** Scores by the text of `a.csv` in the manifest's blobs: a number is its score plus a tenth of the seed, the rest is invalid. */
export function evaluatorOver(blobs: BlobStore): CountingEvaluator {
  const calls: CountingEvaluator["calls"] = [];
  return {
    calls,
    async evaluate(_task, submission, phase, seeds) {
      calls.push({ submission, phase, seeds });
      const manifest: { path: string; sha256: string }[] = JSON.parse(
        Buffer.from(await blobs.get(submission)).toString(),
      );
      const first = manifest.find(({ path }) => path === "a.csv");
      const text =
        first === undefined
          ? ""
          : Buffer.from(await blobs.get(first.sha256))
              .toString()
              .trim();
      const common = { submission, judgeHash: task.judgeHash, phase, cpuMs: 0, wallMs: 0 };
      return seeds.map((seed): Evaluation => {
        const score = Number(text) + seed / 10;
        return Number.isNaN(score)
          ? {
              kind: "invalid",
              ...common,
              key: `key-${seed}`,
              seed,
              reason: `a.csv holds no number but ${text}.`,
            }
          : { kind: "scored", ...common, key: `key-${seed}`, seed, score, metrics: {} };
      });
    },
  };
}

export interface ManualClock extends Clock {
  /** Ends every sleep of at least `ms` that is under way. */
  pass(ms: number): void;
}

/** Monotonic time grows by 5 ms a look; sleeps end only by `pass` or by their signal. */
export function manualClock(): ManualClock {
  let nowMs = 0;
  const sleeping = new Set<{ ms: number; wake: () => void }>();
  return {
    now: () => nowMs,
    monotonic: () => {
      nowMs += 5;
      return nowMs;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleep = { ms, wake: resolve };
        sleeping.add(sleep);
        signal?.addEventListener("abort", () => {
          sleeping.delete(sleep);
          reject(signal.reason);
        });
      }),
    pass: (ms) => {
      for (const { wake } of [...sleeping].filter((sleep) => sleep.ms <= ms)) wake();
    },
  };
}

export const silent = { info: () => {}, warn: () => {} };

export function env(of: {
  sandbox: Sandbox;
  blobs: BlobStore;
  evaluator: Evaluator;
  limits?: Partial<RolloutLimits>;
  clock?: Clock;
  tools?: readonly Tool[];
}) {
  return createEnv({
    task,
    tools: of.tools ?? toolset,
    validationSeeds: [1, 3],
    clock: of.clock ?? manualClock(),
    log: silent,
    sandbox: of.sandbox,
    blobs: of.blobs,
    evaluator: of.evaluator,
    limits: { ...DEFAULT_LIMITS, ...of.limits },
  });
}

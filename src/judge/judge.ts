// Judges submissions: the Evaluator. It knows rooms and verdicts; what a score means is the task's judge.py alone.
import {
  type Evaluation,
  type Evaluator,
  evaluationKey,
  type Phase,
  type SubmissionId,
} from "../core/evaluation.ts";
import type { Clock, Log, Turns } from "../core/runtime.ts";
import type { BlobStore, SandboxBackend } from "../core/sandbox.ts";
import type { Task } from "../core/task.ts";
import { CASES_FILE, GRACE_MS, judgeOnce, type SeedVerdict } from "./judgeOnce.ts";
import { openRooms } from "./rooms.ts";
import { submissionFiles } from "./submissionFiles.ts";

/** What the rooms need beyond judging itself: being started and removed. */
const ROOMS_MS = 60_000;
/** A judge leaves at most 2^17 digests. */
const CASES_BYTES_MAX = 1 << 20;
const CASE_BYTES = 8;

export interface JudgeOptions {
  readonly backend: SandboxBackend;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly runId: string;
  /** Keeps exclusive evaluations apart from what would disturb them; without it nothing does. */
  readonly turns?: Turns;
  /** Is told of the cases that each score was made of, by digest; none where the judge does not say. */
  readonly onCases?: (of: { readonly task: Task; readonly phase: Phase; readonly cases: Cases }) => void;
}

/** Digests of cases, in hexadecimal. */
export type Cases = ReadonlySet<string>;

/**
 * An Evaluator over a sandbox backend. It journals nothing and remembers nothing: callers keep evaluations by their key.
 * Every seed has rooms of its own: what a submission leaves behind cannot reach its next evaluation, so that a score is a function of
 * its key alone.
 */
export function judge({ backend, blobs, clock, log, runId, turns, onCases }: JudgeOptions): Evaluator {
  return {
    async evaluate(task, submission, phase, seeds, signal) {
      signal.throwIfAborted();
      const found = await submissionFiles(task.definition.submission, submission, blobs);
      if ("reason" in found) {
        const verdict = { kind: "invalid", reason: found.reason, cpuMs: 0 } as const;
        return seeds.map((seed) => evaluation(task, submission, phase, seed, verdict, 0));
      }
      const lifetimeMs = task.definition.judge.timeoutSeconds * 1000 + GRACE_MS + ROOMS_MS;
      const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
        if (turns === undefined) return work();
        return turns[task.definition.judge.exclusive === true ? "exclusive" : "shared"](work, signal);
      };
      const once = async (seed: number): Promise<SeedVerdict> => {
        await using rooms = await openRooms(
          { backend, log, runId, task, submission: found.files, lifetimeMs },
          signal,
        );
        const verdict = await judgeOnce(task, rooms, phase, seed, signal);
        if (onCases && verdict.kind === "scored") {
          onCases({ task, phase, cases: casesOf(await rooms.judge.read(CASES_FILE, CASES_BYTES_MAX)) });
        }
        return verdict;
      };
      const judged = async (seed: number): Promise<Evaluation> => {
        const startedAt = clock.monotonic();
        let verdict = await once(seed);
        if (verdict.kind === "roomLost") {
          // Once may be an accident. Twice, with the judge's room beside it alive, is the submission's doing.
          log.warn("submission-room-lost", { task: task.id, submission, seed });
          verdict = await once(seed);
        }
        return evaluation(task, submission, phase, seed, verdict, clock.monotonic() - startedAt);
      };
      const evaluations: Evaluation[] = [];
      for (const seed of seeds) evaluations.push(await inTurn(() => judged(seed)));
      return evaluations;
    },
  };
}

function casesOf(data: Uint8Array): Cases {
  const bytes = Buffer.from(data);
  const count = Math.floor(bytes.byteLength / CASE_BYTES);
  return new Set(
    Array.from({ length: count }, (_, index) =>
      bytes.toString("hex", index * CASE_BYTES, (index + 1) * CASE_BYTES),
    ),
  );
}

function evaluation(
  task: Task,
  submission: SubmissionId,
  phase: Phase,
  seed: number,
  verdict: SeedVerdict,
  wallMs: number,
): Evaluation {
  const of = { submission, judgeHash: task.judgeHash, phase, seed };
  const common = { key: evaluationKey(of), ...of, wallMs };
  switch (verdict.kind) {
    case "scored":
      return { ...verdict, ...common };
    case "invalid":
      return { ...verdict, ...common };
    case "roomLost":
      return { kind: "invalid", reason: "its sandbox did not survive it", cpuMs: 0, ...common };
    default:
      return verdict satisfies never;
  }
}

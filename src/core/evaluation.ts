// Submissions and their evaluations: what the judge is given, what it says, and the interface that env and stages use.
import { z } from "zod";
import { hashOf } from "./hash.ts";
import type { Task } from "./task.ts";

/** The declared files of a submission, by content. Sorted by path; its hash is the SubmissionId. */
export const submissionManifestSchema = z.array(
  z.strictObject({ path: z.string(), sha256: z.string(), bytes: z.int().nonnegative() }),
);
export type SubmissionManifest = z.infer<typeof submissionManifestSchema>;

/** SHA-256 of the manifest's canonical JSON, as stored in the blob store. */
export type SubmissionId = string;

export const PHASES = ["validation", "record"] as const;
export type Phase = (typeof PHASES)[number];

/** What judging took, counted outside of what was judged. */
export const usageSchema = z.strictObject({
  /** Largest resident memory of the submission's process, MiB; 0 where nothing of it runs. */
  memoryMb: z.number().nonnegative(),
  /** The same of the judge's. */
  judgeMemoryMb: z.number().nonnegative(),
  /** Whether `cpuMs` is a cgroup's count; else the kernel's, process by process. */
  cpuFromCgroup: z.boolean(),
  /** How often, and for how long, the submission's room was held back by its CPU limit; null where nobody counts. */
  throttledCount: z.number().nonnegative().nullable(),
  throttledMs: z.number().nonnegative().nullable(),
});
export type Usage = z.infer<typeof usageSchema>;

const common = {
  key: z.string(),
  submission: z.string(),
  judgeHash: z.string(),
  phase: z.enum(PHASES),
  seed: z.int().nonnegative(),
  /** CPU of the submission's process as measured outside it; 0 where nothing of it runs. */
  cpuMs: z.number().nonnegative(),
  wallMs: z.number().nonnegative(),
  /** Absent where no room was opened, or none survived. */
  usage: usageSchema.optional(),
};

/** One score with one seed, or the sentence that says what is wrong with the submission. A broken judge throws instead. */
export const evaluationSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("scored"),
    ...common,
    score: z.number(),
    metrics: z.record(z.string(), z.number()),
  }),
  z.strictObject({ kind: z.literal("invalid"), ...common, reason: z.string() }),
]);
export type Evaluation = z.infer<typeof evaluationSchema>;

/** The key under which an evaluation is journaled: the same submission under the same judge is never judged twice. */
export function evaluationKey(of: {
  submission: SubmissionId;
  judgeHash: string;
  phase: Phase;
  seed: number;
}): string {
  return hashOf("evaluation", of);
}

export interface Evaluator {
  /**
   * Judges one submission with each seed, in fresh sandboxes that its agent never touched.
   * Contract: throws BoundaryError("judge" | "sandbox") when no verdict could be had; a bad submission is a value.
   */
  evaluate(
    task: Task,
    submission: SubmissionId,
    phase: Phase,
    seeds: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly Evaluation[]>;
}

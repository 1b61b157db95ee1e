// The ledger's events: small, append-only, enough to know at any moment what is done, owed, spent and why.
import { z } from "zod";
import { evaluationSchema } from "./evaluation.ts";
import { usageSchema } from "./model.ts";
import { outcomeSchema } from "./outcome.ts";

/** Where a sealed trajectory lies. */
export const archiveRefSchema = z.strictObject({
  segment: z.int().nonnegative(),
  offset: z.int().nonnegative(),
  length: z.int().positive(),
});
export type ArchiveRef = z.infer<typeof archiveRefSchema>;

/** What row-wise verdicts need of a trajectory, so that admission and status read the ledger only. */
export const rolloutFactsSchema = z.strictObject({
  stepCount: z.int().nonnegative(),
  formatErrorCount: z.int().nonnegative(),
  toolErrorCount: z.int().nonnegative(),
  validationCount: z.int().nonnegative(),
  usage: usageSchema,
  /** Our price of the replies that came; null where one of them has none. */
  costUsd: z.number().nullable(),
  /** What the budget was charged: the replies, and calls whose reply was lost at what they may have cost at most. */
  chargedUsd: z.number().nonnegative(),
  chargedTokens: z.int().nonnegative(),
  wallMs: z.number().nonnegative(),
  modelMs: z.number().nonnegative(),
  toolMs: z.number().nonnegative(),
  finalSubmission: z.string().nullable(),
  finalReason: z.string().nullable(),
  bestValidated: z.strictObject({ submission: z.string(), score: z.number() }).nullable(),
  /** The last submission that validated; absent in ledgers from before it was kept. */
  lastValidated: z.strictObject({ submission: z.string(), score: z.number() }).nullable().optional(),
  /** Every submission that validated, each once, in order; absent in ledgers from before they were kept. */
  validated: z.array(z.string()).optional(),
});
export type RolloutFacts = z.infer<typeof rolloutFactsSchema>;

export const ledgerEventSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("run-opened"),
    atMs: z.number(),
    session: z.int().nonnegative(),
    codeVersion: z.string(),
  }),
  z.strictObject({
    kind: z.literal("rollout-admitted"),
    atMs: z.number(),
    key: z.string(),
    cell: z.string(),
    seedIndex: z.int().nonnegative(),
  }),
  z.strictObject({
    kind: z.literal("rollout-started"),
    atMs: z.number(),
    key: z.string(),
    retry: z.int().nonnegative(),
  }),
  /** A rollout that was cut off goes on in the same try: nothing that its record holds is paid for again. */
  z.strictObject({
    kind: z.literal("rollout-resumed"),
    atMs: z.number(),
    key: z.string(),
    retry: z.int().nonnegative(),
    /** Its own sandbox was found alive, or another was made from a snapshot (or the starter files) and what followed carried out again. */
    how: z.enum(["attached", "restored"]),
    /** Why it had to be: `interrupted`, or what infrastructure failed. */
    reason: z.string(),
    /** Steps that its record holds. */
    stepCount: z.int().nonnegative(),
    /** Actions carried out again, and how long those took that were not, milliseconds. */
    replayedCount: z.int().nonnegative(),
    savedMs: z.number().nonnegative(),
    /** Calls that were in flight when it was cut off, at what they may have cost at most. */
    lostCallCount: z.int().nonnegative(),
    lostUsd: z.number().nonnegative(),
    lostTokens: z.int().nonnegative(),
  }),
  z.strictObject({
    kind: z.literal("call-started"),
    atMs: z.number(),
    call: z.string(),
    reservedUsd: z.number().nonnegative(),
    reservedTokens: z.int().nonnegative(),
  }),
  /** A started call was refused, or reached nobody: nothing of it can have been billed. */
  z.strictObject({ kind: z.literal("call-refused"), atMs: z.number(), call: z.string() }),
  /** A model has no endpoint that can be used: its calls wait. Said again when the trouble becomes another. */
  z.strictObject({
    kind: z.literal("endpoint-parked"),
    atMs: z.number(),
    /** By its name in the pipeline. */
    model: z.string(),
    trouble: z.string(),
    reason: z.string(),
  }),
  z.strictObject({
    kind: z.literal("endpoint-back"),
    atMs: z.number(),
    model: z.string(),
    parkedMs: z.number().nonnegative(),
  }),
  /** An endpoint answers under a name, or from weights, that it had not named before in this run. */
  z.strictObject({
    kind: z.literal("model-served"),
    atMs: z.number(),
    model: z.string(),
    endpoint: z.string(),
    servedModel: z.string(),
    fingerprint: z.string().nullable(),
  }),
  /** A rollout that will be run again under the same key; what it had cost is not forgotten. */
  z.strictObject({
    kind: z.literal("rollout-retried"),
    atMs: z.number(),
    key: z.string(),
    /** The retry that was given up. */
    retry: z.int().nonnegative(),
    reason: z.string(),
    spentUsd: z.number().nonnegative(),
    spentTokens: z.int().nonnegative(),
    lostCallCount: z.int().nonnegative(),
    stepCount: z.int().nonnegative(),
  }),
  z.strictObject({
    kind: z.literal("rollout-ended"),
    atMs: z.number(),
    key: z.string(),
    retry: z.int().nonnegative(),
    outcome: outcomeSchema,
    archive: archiveRefSchema,
    facts: rolloutFactsSchema,
  }),
  /** The sealed record of an ended rollout cannot be read any more. It is not played again unless it is asked for. */
  z.strictObject({
    kind: z.literal("record-lost"),
    atMs: z.number(),
    key: z.string(),
    retry: z.int().nonnegative(),
    archive: archiveRefSchema,
    /** File, byte and what is wrong, in a sentence. */
    reason: z.string(),
  }),
  z.strictObject({ kind: z.literal("evaluation-ended"), atMs: z.number(), evaluation: evaluationSchema }),
  /** Its record was looked through for integrity signals; done anew whenever what they are drawn from has changed. */
  z.strictObject({
    kind: z.literal("rollout-inspected"),
    atMs: z.number(),
    key: z.string(),
    retry: z.int().nonnegative(),
    /** Hash of all that the signals were drawn from besides the record: detectors, the task's facts, scores. */
    inspection: z.string(),
    /** Names of what was found, sorted. */
    flags: z.array(z.string()),
  }),
  /** No verdict could be had: owed again after a resume. */
  z.strictObject({
    kind: z.literal("evaluation-failed"),
    atMs: z.number(),
    key: z.string(),
    rolloutKey: z.string(),
    error: z.string(),
  }),
  /** The run stopped itself and waits for a person; resuming it is the acknowledgement. */
  z.strictObject({
    kind: z.literal("run-paused"),
    atMs: z.number(),
    /** `machine`: it ran out of room or of open files. `endpoint`: a model has none that can be used. `modelChanged`: another one answers. */
    cause: z.enum(["tripwire", "forecast", "machine", "endpoint", "modelChanged"]),
    reason: z.string(),
  }),
  z.strictObject({
    kind: z.literal("dataset-written"),
    atMs: z.number(),
    manifestSha256: z.string(),
    /** How long that took, and for how many rollouts; absent in ledgers from before it was measured. */
    tookMs: z.number().nonnegative().optional(),
    rollouts: z.int().nonnegative().optional(),
  }),
  z.strictObject({
    kind: z.literal("run-ended"),
    atMs: z.number(),
    status: z.enum(["complete", "short", "interrupted"]),
  }),
]);
export type LedgerEvent = z.infer<typeof ledgerEventSchema>;

export interface Ledger {
  /** Resolves when the event is durable (group commit). */
  append(event: LedgerEvent): Promise<void>;
}

// The record of a rollout: the write-ahead records of the steps log, and the trajectory they fold into.
import { z } from "zod";
import { cellSchema, originSchema } from "./cell.ts";
import { actionSchema, validationSchema } from "./env.ts";
import { pooledMessageSchema } from "./message.ts";
import { FINISH_REASONS, usageSchema } from "./model.ts";
import { outcomeSchema } from "./outcome.ts";
import { capabilitiesSchema, sandboxHandleSchema } from "./sandbox.ts";

export const TRAJECTORY_VERSION = 1;

/** The projection of a reply that is kept beside its verbatim text. */
export const replyRecordSchema = z.strictObject({
  finish: z.enum(FINISH_REASONS),
  usage: usageSchema,
  tokens: z
    .strictObject({
      promptIds: z.array(z.int()),
      completionIds: z.array(z.int()),
      logprobs: z.array(z.number()).nullable(),
      source: z.string(),
    })
    .nullable(),
  servedModel: z.string(),
  requestId: z.string().nullable(),
  policyVersion: z.string().nullable(),
  latencyMs: z.number(),
  throttledMs: z.number(),
  providerCostUsd: z.number().nullable(),
  costUsd: z.number().nullable(),
  endpoint: z.string(),
  requestSha256: z.string(),
  verbatim: z.string(),
});

/** What came of a step's action. */
export const stepResultRecordSchema = z.strictObject({
  /** Pool index of the message that carried the observation or complaint; null when the episode ended with this step. */
  message: z.int().nonnegative().nullable(),
  ok: z.boolean(),
  exitCode: z.int().nullable(),
  timedOut: z.boolean(),
  oomKilled: z.boolean(),
  durationMs: z.number(),
  cpuMs: z.number(),
  validation: validationSchema.nullable(),
  state: z.strictObject({ openFile: z.string().nullable(), firstLine: z.int(), cwd: z.string() }),
});

/** One model call with the action it chose and what was observed. */
export const stepRecordSchema = z.strictObject({
  index: z.int().nonnegative(),
  startedAtMs: z.number(),
  /** Half-open spans of pool indices, in order: exactly what was sent. */
  prompt: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])),
  promptSha256: z.string(),
  /** Pool index of the reply. */
  response: z.int().nonnegative(),
  reply: replyRecordSchema,
  action: actionSchema.nullable(),
  /** What was wrong with the reply's form; null when there was an action. */
  formatError: z.string().nullable(),
  /** Null while the action runs, and for ever if the rollout was cut off there. */
  result: stepResultRecordSchema.nullable(),
});
export type StepRecord = z.infer<typeof stepRecordSchema>;

/** Where and under what a rollout ran; volatile in tables. */
export const placeSchema = z.strictObject({
  sandbox: sandboxHandleSchema,
  capabilities: capabilitiesSchema,
  imageDigest: z.string(),
});

/** The write-ahead records of an unfinished rollout, in the steps log. */
export const stepsLogRecordSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("rollout-opened"),
    key: z.string(),
    retry: z.int().nonnegative(),
    startedAtMs: z.number(),
    place: placeSchema,
    messages: z.array(pooledMessageSchema),
  }),
  z.strictObject({
    kind: z.literal("reply-received"),
    key: z.string(),
    retry: z.int().nonnegative(),
    step: stepRecordSchema,
    message: pooledMessageSchema,
  }),
  z.strictObject({
    kind: z.literal("observation-made"),
    key: z.string(),
    retry: z.int().nonnegative(),
    index: z.int().nonnegative(),
    result: stepResultRecordSchema,
    message: pooledMessageSchema.nullable(),
  }),
  z.strictObject({
    kind: z.literal("snapshot-taken"),
    key: z.string(),
    retry: z.int().nonnegative(),
    /** Steps completed when it was taken. */
    index: z.int().nonnegative(),
    snapshot: z.string(),
  }),
]);
export type StepsLogRecord = z.infer<typeof stepsLogRecordSchema>;

/** The sealed record of one finished rollout, one entry of the archive. */
export const trajectorySchema = z.strictObject({
  version: z.literal(TRAJECTORY_VERSION),
  key: z.string(),
  retry: z.int().nonnegative(),
  cell: cellSchema,
  seedIndex: z.int().nonnegative(),
  seed: z.int().nonnegative(),
  origin: originSchema.nullable(),
  agentIdentity: z.string(),
  provider: z.string(),
  taskPlayHash: z.string(),
  place: placeSchema.nullable(),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
  pool: z.array(pooledMessageSchema),
  steps: z.array(stepRecordSchema),
  outcome: outcomeSchema,
  /** The submission of record; null where none could be had, with the reason. */
  finalSubmission: z.string().nullable(),
  finalReason: z.string().nullable(),
  /** The submission that validated best, and its mean validation score. */
  bestValidated: z.strictObject({ submission: z.string(), score: z.number() }).nullable(),
});
export type Trajectory = z.infer<typeof trajectorySchema>;

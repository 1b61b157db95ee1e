// The record of a rollout: the write-ahead records of the steps log, and the trajectory they fold into.
import { z } from "zod";
import { cellSchema, originSchema } from "./cell.ts";
import { validationSchema } from "./env.ts";
import { pooledMessageSchema } from "./message.ts";
import { FINISH_REASONS, toolSchemaSchema, usageSchema } from "./model.ts";
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
  /** Absent where the provider named none. */
  fingerprint: z.string().optional(),
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

/** What came of an action. */
export const actionResultSchema = z.strictObject({
  /** Pool index of the message that carried the observation; null when the episode ended with this action. */
  message: z.int().nonnegative().nullable(),
  ok: z.boolean(),
  exitCode: z.int().nullable(),
  timedOut: z.boolean(),
  oomKilled: z.boolean(),
  durationMs: z.number(),
  cpuMs: z.number(),
  validation: validationSchema.nullable(),
  state: z.strictObject({
    openFile: z.string().nullable(),
    firstLine: z.int(),
    shown: z.string().optional(),
    cwd: z.string(),
  }),
});

/** One thing that a reply asked to be done, and what came of it. */
export const stepActionSchema = z.strictObject({
  /** Name of the tool as the model wrote it. */
  tool: z.string(),
  /** Null: they could not be read. */
  arguments: z.record(z.string(), z.unknown()).nullable(),
  /** The action as the agent wrote it. */
  text: z.string(),
  /** The native tool call it is; null in text scaffolds. */
  callId: z.string().nullable(),
  /** Why nothing was run; null when it was carried out. */
  error: z.string().nullable(),
  /** Null while the action runs, and for ever if the rollout was cut off, or had ended, before it. */
  result: actionResultSchema.nullable(),
});
export type StepAction = z.infer<typeof stepActionSchema>;

/** One model call with the actions it chose and what was observed. */
export const stepRecordSchema = z.strictObject({
  index: z.int().nonnegative(),
  startedAtMs: z.number(),
  /** Half-open spans of pool indices, in order: exactly what was sent. */
  prompt: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])),
  promptSha256: z.string(),
  /** Pool index of the reply. */
  response: z.int().nonnegative(),
  reply: replyRecordSchema,
  /** In the reply's order, which is the order of execution. */
  actions: z.array(stepActionSchema),
  /** What was wrong with the reply's form; null when an action could be carried out. */
  formatError: z.string().nullable(),
  /** Pool index of the message that answered a reply without any action; null where there is none. */
  complaint: z.int().nonnegative().nullable(),
  /** The call was made to sum up the older part of the history; absent: to act. */
  purpose: z.literal("summary").optional(),
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
    /** Of a branch: so many steps follow that it took over from its parent, and did not buy. */
    takenOver: z.int().nonnegative().optional(),
  }),
  z.strictObject({
    kind: z.literal("reply-received"),
    key: z.string(),
    retry: z.int().nonnegative(),
    step: stepRecordSchema,
    /** Messages made for this prompt in place of older ones; they stand before the reply in the pool. */
    standIns: z.array(pooledMessageSchema),
    message: pooledMessageSchema,
  }),
  z.strictObject({
    kind: z.literal("observation-made"),
    key: z.string(),
    retry: z.int().nonnegative(),
    index: z.int().nonnegative(),
    /** Position among the step's actions. */
    action: z.int().nonnegative(),
    result: actionResultSchema,
    message: pooledMessageSchema.nullable(),
  }),
  /** A reply without any action was answered. */
  z.strictObject({
    kind: z.literal("complaint-made"),
    key: z.string(),
    retry: z.int().nonnegative(),
    index: z.int().nonnegative(),
    message: pooledMessageSchema,
  }),
  /** The workspace as it was after this action had been observed. */
  z.strictObject({
    kind: z.literal("snapshot-taken"),
    key: z.string(),
    retry: z.int().nonnegative(),
    /** The step, and the position among its actions. */
    index: z.int().nonnegative(),
    action: z.int().nonnegative(),
    snapshot: z.string(),
  }),
  /** The rollout was taken up again where its record ended, in this place. */
  z.strictObject({
    kind: z.literal("rollout-reopened"),
    key: z.string(),
    retry: z.int().nonnegative(),
    startedAtMs: z.number(),
    place: placeSchema,
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
  /** Tool schemas that went with every request; empty in text scaffolds. */
  tools: z.array(toolSchemaSchema),
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

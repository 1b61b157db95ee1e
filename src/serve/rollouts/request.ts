// What a trainer asks for: rollouts of tasks and seeds, played by its own endpoint.
import { z } from "zod";
import { rolloutLimitsSchema } from "../../core/limits.ts";
import { samplingSchema } from "../../core/model.ts";

/** Rollouts of one request. */
export const ROLLOUTS_MAX = 10_000;
/** As a pipeline's cells have them. */
const SEED_MAX = 999_999;
const VERSION_CHARS_MAX = 255;
const RETRIES_MAX = 10;

/** Weights have versions that only their trainer understands: a number is kept as its text. */
export const policyVersionSchema = z
  .union([z.string().min(1).max(VERSION_CHARS_MAX), z.number()])
  .transform(String)
  .describe("The version of the weights that the endpoint serves now; kept as text.");

const baseUrl = z.string().describe("Ends before /chat/completions, such as http://127.0.0.1:8000/v1.");

/** Who plays. The other members are those of a model in a pipeline file (docs/reference/pipeline.md), which read them. */
export const endpointSchema = z
  .looseObject({
    wire: z.string().optional().describe("As in a pipeline file. Left out: openai."),
    baseUrl: baseUrl.optional(),
    baseUrls: z.array(baseUrl).max(64).optional().describe("Several of the same model, in place of baseUrl."),
    model: z.string().optional().describe("The model's name as the server knows it."),
  })
  .describe("The endpoint that plays, with the keys of a pipeline file's model.");
export type SentEndpoint = z.infer<typeof endpointSchema>;

export const rolloutsRequestSchema = z.strictObject({
  tasks: z
    .array(z.string())
    .min(1)
    .max(1_000)
    .optional()
    .describe("Tasks that the server serves. Left out: all of them."),
  seeds: z
    .union([
      z.int().positive().max(ROLLOUTS_MAX),
      z.array(z.int().nonnegative().max(SEED_MAX)).min(1).max(ROLLOUTS_MAX),
    ])
    .default(1)
    .describe("Seeds of each task: a list, or a number n for 0 … n−1."),
  groupSize: z.int().positive().default(1).describe("Consecutive seeds that share a group id (GRPO)."),
  endpoint: endpointSchema,
  sampling: samplingSchema.default({}).describe("Sampling parameters; what is left out is not sent."),
  agent: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("How the agent is set up: keys of a pipeline file's agent, but none that names a file."),
  limits: rolloutLimitsSchema.partial().default({}).describe("Over the tasks' own limits."),
  policyVersion: policyVersionSchema.optional(),
  evaluationSeeds: z.int().positive().max(100).default(1).describe("Judge seeds of the score of record."),
  reward: z.string().default("anchored@1").describe("The reward function, by name and version."),
  concurrency: z
    .int()
    .positive()
    .max(ROLLOUTS_MAX)
    .optional()
    .describe("Rollouts of this request at a time. Left out: as many as the server plays."),
  retriesMax: z
    .int()
    .nonnegative()
    .max(RETRIES_MAX)
    .default(1)
    .describe("Times a rollout is played again because infrastructure failed."),
});
export type RolloutsRequest = z.infer<typeof rolloutsRequestSchema>;

/** The seeds of each task, in order and once each. */
export function seedsOf({ seeds }: Pick<RolloutsRequest, "seeds">): readonly number[] {
  return typeof seeds === "number" ? Array.from({ length: seeds }, (_, seed) => seed) : [...new Set(seeds)];
}

/** `POST /policyVersion`: the weights behind an endpoint have changed. */
export const policyVersionRequestSchema = z.strictObject({
  endpoint: endpointSchema,
  policyVersion: policyVersionSchema,
});

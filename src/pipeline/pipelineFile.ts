// The pipeline file: one page of YAML that says what to run. Schema, defaults and nothing else; unknown keys are refused.
import { z } from "zod";
import { agentConfigSchema } from "../core/cell.ts";
import { rolloutLimitsSchema } from "../core/limits.ts";
import { priceSchema, samplingSchema } from "../core/model.ts";
import { filterConfigSchema } from "../stages/filter.ts";

/** The seeded policy of the embedded default. Needs no key, no network and no price. */
export const scriptedModelSchema = z.strictObject({
  name: z.string().min(1),
  wire: z.literal("scripted"),
  thinkMs: z
    .number()
    .nonnegative()
    .default(0)
    .describe("Simulated thinking time of one reply, milliseconds."),
});

/** Any OpenAI-compatible server, by its chat completions. */
export const openaiModelSchema = z.strictObject({
  name: z.string().min(1),
  wire: z.literal("openai"),
  model: z.string().min(1).describe("The model's name as the server knows it."),
  revision: z
    .string()
    .nullable()
    .default(null)
    .describe("The revision you declare (weights, snapshot): part of the rollout key."),
  baseUrls: z
    .array(z.url())
    .min(1)
    .max(64)
    .describe("One or more base URLs of the same model, ending before `/chat/completions`."),
  keyEnv: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Name of the environment variable with the key; null where the server wants none."),
  price: priceSchema
    .nullable()
    .default(null)
    .describe("Dollars per million tokens; a dollar budget needs it."),
  extraBody: z.record(z.string(), z.unknown()).default({}).describe("Members added to each request body."),
  timeoutSeconds: z.number().positive().default(1800).describe("Longest wait for one whole reply."),
  connectionsMax: z
    .int()
    .positive()
    .max(10_000)
    .default(512)
    .describe("Calls in flight to each base URL, at most."),
  thinkTags: z.boolean().default(false).describe("Reads a leading <think> block of the text as reasoning."),
});
export const modelConfigSchema = z.discriminatedUnion("wire", [scriptedModelSchema, openaiModelSchema]);
export type ModelConfig = z.infer<typeof modelConfigSchema>;

const ALLOWABLE = ["scripted", "benchmark"] as const;

export const pipelineSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "must be lower-case letters, digits and dashes"),
  cells: z
    .strictObject({
      tasks: z.array(z.string().min(1)).min(1),
      agents: z
        .array(agentConfigSchema)
        .min(1)
        .default([{ name: "researcher", scaffold: "fenced", history: "appendOnly" }]),
      models: z.array(modelConfigSchema).min(1),
      sampling: z.array(samplingSchema).min(1).default([{}]),
    })
    .describe("The product of these four lists: task × agent × model × sampling."),
  rollouts: z.strictObject({
    perCell: z
      .int()
      .positive()
      .max(1_000_000)
      .describe("Seeds of each cell: all of them are played, unless `accepted` is reached first."),
    accepted: z
      .int()
      .positive()
      .nullable()
      .default(null)
      .describe("Kept rollouts wanted of each cell; null: play all seeds."),
    groupSize: z.int().positive().default(1).describe("Consecutive seeds that form one group (GRPO)."),
  }),
  limits: rolloutLimitsSchema.partial().default({}).describe("Over the tasks' own limits, for every cell."),
  sandbox: z
    .strictObject({
      backend: z.enum(["process", "docker"]).default("process"),
      unsafe: z
        .boolean()
        .default(false)
        .describe("True allows a real model on a backend that does not isolate it from this machine."),
    })
    .default({ backend: "process", unsafe: false }),
  concurrency: z
    .strictObject({
      rollouts: z.int().positive().max(100_000).default(16),
      evaluations: z.int().positive().max(1_000).default(4),
    })
    .default({ rollouts: 16, evaluations: 4 }),
  budgets: z
    .strictObject({
      usd: z.number().positive().nullable().default(null),
      tokens: z.int().positive().nullable().default(null),
      wallClockHours: z
        .number()
        .positive()
        .nullable()
        .default(null)
        .describe("Hours from the start of this session."),
      deadline: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day, HH:MM")
        .nullable()
        .default(null)
        .describe("Local time of day, `HH:MM`, by which the run stops and its dataset is written."),
    })
    .default({ usd: null, tokens: null, wallClockHours: null, deadline: null }),
  stages: z.strictObject({
    generate: z
      .strictObject({
        retriesMax: z
          .int()
          .nonnegative()
          .max(10)
          .default(2)
          .describe("Times a rollout is run again because infrastructure failed."),
      })
      .default({ retriesMax: 2 }),
    evaluate: z
      .strictObject({
        seeds: z.int().positive().max(100).default(3).describe("Judge seeds of the score of record."),
        validationSeeds: z.int().positive().max(100).default(1).describe("Judge seeds of one `validate`."),
      })
      .default({ seeds: 3, validationSeeds: 1 }),
    filter: filterConfigSchema.default(filterConfigSchema.parse({})),
    export: z.array(z.enum(["sft_branches", "sft_text_chat"])).default([]),
  }),
  allow: z
    .array(z.enum(ALLOWABLE))
    .default([])
    .describe("Rows that leave the house only when named here: of scripted models, of benchmark tasks."),
});
export type Pipeline = z.infer<typeof pipelineSchema>;

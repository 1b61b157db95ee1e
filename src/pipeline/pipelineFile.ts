// The pipeline file: one page of YAML that says what to run. Schema, defaults and nothing else; unknown keys are refused.
import { z } from "zod";
import { agentConfigSchema } from "../core/cell.ts";
import { rolloutLimitsSchema } from "../core/limits.ts";
import { priceSchema, samplingSchema } from "../core/model.ts";
import { filterConfigSchema } from "../stages/filter.ts";

/** The seeded policy of the embedded default. Needs no key, no network and no price. */
export const scriptedModelSchema = z.strictObject({
  name: z.string().min(1).describe("How this entry is called in reports; each model has its own."),
  wire: z
    .literal("scripted")
    .describe("The seeded policy of the embedded default: no key, no network, no price."),
  thinkMs: z
    .number()
    .nonnegative()
    .default(0)
    .describe("Simulated thinking time of one reply, milliseconds."),
});

/** Any OpenAI-compatible server, by its chat completions. */
export const openaiModelSchema = z.strictObject({
  name: z.string().min(1).describe("How this entry is called in reports; each model has its own."),
  wire: z.literal("openai").describe("Chat completions of any OpenAI-compatible server."),
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
  timeoutSeconds: z.number().positive().default(1800).describe("Longest wait for one whole reply, seconds."),
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
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, "must be lower-case letters, digits and dashes")
    .describe("The run directory is called after it: `output/<name>-<time>`."),
  cells: z
    .strictObject({
      tasks: z
        .array(z.string().min(1))
        .min(1)
        .describe("Folders under `tasks/`, yours first, then the package's."),
      agents: z
        .array(agentConfigSchema)
        .min(1)
        .default([{ name: "researcher", scaffold: "fenced", history: "appendOnly" }])
        .describe("Ways to set the agent up."),
      models: z
        .array(modelConfigSchema)
        .min(1)
        .describe("Who plays. `wire` says how a model is called, and with it which keys there are."),
      sampling: z
        .array(samplingSchema)
        .min(1)
        .default([{}])
        .describe("Sampling parameters; what is left out is not sent, and the provider's default holds."),
    })
    .describe("The product of these four lists: task × agent × model × sampling."),
  rollouts: z
    .strictObject({
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
      groupSize: z
        .int()
        .positive()
        .default(1)
        .describe("Consecutive seeds that form one group (GRPO); divides `perCell`."),
    })
    .describe("How many rollouts of each cell."),
  limits: rolloutLimitsSchema.partial().default({}).describe("Over the tasks' own limits, for every cell."),
  sandbox: z
    .strictObject({
      backend: z.enum(["process", "docker"]).default("process").describe("Where rollouts and judges run."),
      unsafe: z
        .boolean()
        .default(false)
        .describe("True allows a real model on a backend that does not isolate it from this machine."),
    })
    .default({ backend: "process", unsafe: false })
    .describe("What rollouts and judges run in."),
  concurrency: z
    .strictObject({
      rollouts: z.int().positive().max(100_000).default(16).describe("Rollouts at a time."),
      evaluations: z.int().positive().max(1_000).default(4).describe("Submissions judged at a time."),
    })
    .default({ rollouts: 16, evaluations: 4 })
    .describe("How much happens at once."),
  budgets: z
    .strictObject({
      usd: z
        .number()
        .positive()
        .nullable()
        .default(null)
        .describe(
          "Dollars of the whole run, all sessions together; null: no limit. Every model needs a price.",
        ),
      tokens: z
        .int()
        .positive()
        .nullable()
        .default(null)
        .describe("Prompt and completion tokens of the whole run, all sessions together; null: no limit."),
      wallClockHours: z
        .number()
        .positive()
        .nullable()
        .default(null)
        .describe("Hours from the start of this session; null: no limit."),
      deadline: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day, HH:MM")
        .nullable()
        .default(null)
        .describe(
          "Local time of day, `HH:MM`, by which the run stops and its dataset is written; null: none.",
        ),
    })
    .default({ usd: null, tokens: null, wallClockHours: null, deadline: null })
    .describe(
      "Bounds of the run; whichever is reached first ends it, and what is finished becomes the dataset.",
    ),
  stages: z
    .strictObject({
      generate: z
        .strictObject({
          retriesMax: z
            .int()
            .nonnegative()
            .max(10)
            .default(2)
            .describe("Times a rollout is run again because infrastructure failed."),
        })
        .default({ retriesMax: 2 })
        .describe("Plays the rollouts."),
      evaluate: z
        .strictObject({
          seeds: z.int().positive().max(100).default(3).describe("Judge seeds of the score of record."),
          validationSeeds: z.int().positive().max(100).default(1).describe("Judge seeds of one `validate`."),
        })
        .default({ seeds: 3, validationSeeds: 1 })
        .describe("Scores submissions with the task's judge."),
      filter: filterConfigSchema
        .default(filterConfigSchema.parse({}))
        .describe("Which finished rollouts are kept; the others stay in the dataset with the reason."),
      export: z
        .array(z.enum(["sft_branches", "sft_text_chat"]))
        .default([])
        .describe("Recipes whose trainer-ready rows are written after the dataset."),
    })
    .describe("What happens to the rollouts, in this order."),
  allow: z
    .array(z.enum(ALLOWABLE))
    .default([])
    .describe("Rows that leave the house only when named here: of scripted models, of benchmark tasks."),
});
export type Pipeline = z.infer<typeof pipelineSchema>;

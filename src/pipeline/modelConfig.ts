// The models of a pipeline file, one entry a wire.
import { z } from "zod";
import { gpuHourPriceSchema } from "../core/gpuHourPrice.ts";
import { OUTPUT_TERMS, type OutputTerms, priceSchema } from "../core/model.ts";

const name = z.string().min(1).describe("How this entry is called in reports; each model has its own.");

/** Per token, or per hour of the fleet that serves the model. */
const modelPriceSchema = z.union([priceSchema, gpuHourPriceSchema], {
  error:
    "must be { inputPerMillion, outputPerMillion } with optional cache prices, or { perGpuHourUsd, gpus } for a fleet of your own",
});
export type ModelPrice = z.infer<typeof modelPriceSchema>;

/** The seeded policy of the embedded default. Needs no key, no network and no price. */
const scriptedModelSchema = z.strictObject({
  name,
  wire: z
    .literal("scripted")
    .describe("The seeded policy of the embedded default: no key, no network, no price."),
  thinkMs: z
    .number()
    .nonnegative()
    .default(0)
    .describe("Simulated thinking time of one reply, milliseconds."),
});

/** Recorded rollouts of another run, played again. */
const replayModelSchema = z.strictObject({
  name,
  wire: z
    .literal("replay")
    .describe(
      "Says again what was said in a run's rollouts of the same task and seed index: no key, no network, no price.",
    ),
  run: z.string().min(1).describe("The run directory that is replayed."),
  model: z
    .string()
    .nullable()
    .default(null)
    .describe("Whose rollouts, by the model's id as rows have it; null: the run has those of one only."),
  agent: z
    .string()
    .nullable()
    .default(null)
    .describe("Of which agent, by its name; null: the run has those of one only."),
  onDifference: z
    .enum(["fail", "count"])
    .default("fail")
    .describe(
      "What becomes of a rollout whose request is not the recorded one, byte for byte: it fails, or plays on with the recorded replies and the differences are counted in the log.",
    ),
});

/** A person at the terminal that the run is started from. */
const humanModelSchema = z.strictObject({
  name: name.describe("Who plays: rows say `human/<name>`."),
  wire: z
    .literal("human")
    .describe(
      "A person at the terminal: standard input has the commands. Needs `concurrency.rollouts: 1`; time at the prompt counts as time.",
    ),
});

/** What every model behind a URL is configured with. */
const remote = {
  name,
  outputTerms: z
    .enum(OUTPUT_TERMS)
    .default("unknown")
    .describe(
      "Whether the terms under which the model is served let its replies train another one: `allowed`, `forbidden` (its rows are not trainable and never exported for training) or `unknown` (the card says so).",
    ),
  model: z.string().min(1).describe("The model's name as the server knows it."),
  revision: z
    .string()
    .nullable()
    .default(null)
    .describe("The revision you declare (weights, snapshot): part of the rollout key."),
  keyEnv: z
    .string()
    .regex(
      /^[A-Z_][A-Z0-9_]*$/,
      "must be the name of an environment variable in capitals, such as OPENAI_API_KEY, and never the key itself",
    )
    .nullable()
    .default(null)
    .describe("Name of the environment variable with the key; null where the server wants none."),
  price: modelPriceSchema
    .nullable()
    .default(null)
    .describe(
      "Dollars per million tokens, or per GPU-hour of a fleet of your own; a dollar budget needs it.",
    ),
  extraBody: z.record(z.string(), z.unknown()).default({}).describe("Members added to each request body."),
  timeoutSeconds: z.number().positive().default(1800).describe("Longest wait for one whole reply, seconds."),
  connectionsMax: z
    .int()
    .positive()
    .max(10_000)
    .default(512)
    .describe("Calls in flight to each base URL, at most."),
};
/** Without credentials: an address is written into reports and records, a key never is. */
const baseUrl = z
  .url({
    protocol: /^https?$/,
    error: "must be an address that begins with http:// or https://, such as http://127.0.0.1:8000/v1",
  })
  .refine(
    (text) => /^https?:\/\/[^/]/i.test(text),
    "must have two slashes behind its scheme, as in http://127.0.0.1:8000/v1",
  )
  .refine(
    (text) => !/^[^/]*\/\/[^/]*@/.test(text),
    "must hold no user or password; name the key's variable in keyEnv",
  )
  .refine(
    (text) => !/[?#]/.test(text),
    "must hold no query and no fragment; other members of a request go into extraBody",
  )
  .refine(
    (text) => !/\/(?:chat\/completions|responses|messages)\/*$/.test(text),
    "must end before /chat/completions, /responses or /v1/messages, which are added to it",
  );
const baseUrls = z.array(baseUrl).min(1).max(64);

/** Any OpenAI-compatible server, by its chat completions. */
const openaiModelSchema = z.strictObject({
  wire: z.literal("openai").describe("Chat completions of any OpenAI-compatible server."),
  baseUrls: baseUrls.describe("One or more base URLs of the same model, ending before `/chat/completions`."),
  ...remote,
  thinkTags: z.boolean().default(false).describe("Reads a leading <think> block of the text as reasoning."),
  reasoningField: z
    .enum(["reasoning_content", "reasoning"])
    .nullable()
    .default(null)
    .describe(
      "The member of an assistant message in which this server takes reasoning back; null: it takes none, as most.",
    ),
});

/** OpenAI's responses API, without state on the server. */
const openaiResponsesModelSchema = z.strictObject({
  wire: z.literal("openaiResponses").describe("OpenAI's responses API; nothing is kept on the server."),
  baseUrls: baseUrls.describe("One or more base URLs of the same model, ending before `/responses`."),
  ...remote,
  encryptedReasoning: z
    .boolean()
    .default(true)
    .describe("Asks for encrypted reasoning, to send it back; false for models that do not reason."),
  reasoningSummary: z
    .enum(["auto", "concise", "detailed"])
    .nullable()
    .default(null)
    .describe("How much of a summary of its reasoning to ask for; null: none."),
});

/** Anthropic's messages API. */
const anthropicModelSchema = z.strictObject({
  wire: z.literal("anthropic").describe("Anthropic's messages API."),
  baseUrls: baseUrls
    .default(["https://api.anthropic.com"])
    .describe("One or more base URLs of the same model, ending before `/v1/messages`."),
  ...remote,
  maxOutputTokens: z
    .int()
    .positive()
    .default(16_384)
    .describe("Most output tokens of a reply, thinking included, where sampling.maxTokens does not say."),
  thinking: z
    .union([
      z.literal("adaptive"),
      z.strictObject({
        budgetTokens: z.int().min(1024).describe("Tokens that one reply may think, at most."),
      }),
    ])
    .nullable()
    .default(null)
    .describe(
      "`adaptive`, or `{ budgetTokens: … }`; null: the model's default. What is set joins the revision in the rollout key.",
    ),
  thinkingDisplay: z
    .enum(["summarized", "omitted"])
    .nullable()
    .default(null)
    .describe("Whether thinking comes as a summary or not at all; null: the model's default."),
  keyHeader: z
    .enum(["authorization", "x-api-key"])
    .default("authorization")
    .describe("The header that carries the key; some gateways want `x-api-key`."),
  betas: z.array(z.string().min(1)).max(16).default([]).describe("Names of beta features to switch on."),
});

export const modelConfigSchema = z.discriminatedUnion("wire", [
  scriptedModelSchema,
  replayModelSchema,
  humanModelSchema,
  openaiModelSchema,
  openaiResponsesModelSchema,
  anthropicModelSchema,
]);
export type ModelConfig = z.infer<typeof modelConfigSchema>;

/** A model behind a URL. */
export type RemoteModelConfig = Extract<ModelConfig, { readonly baseUrls: unknown }>;
export type ReplayModelConfig = Extract<ModelConfig, { readonly wire: "replay" }>;
export type HumanModelConfig = Extract<ModelConfig, { readonly wire: "human" }>;

/** Whether a model is behind a URL: it costs, may need a key, and what it wants is not known beforehand. */
export function isRemote(config: ModelConfig): config is RemoteModelConfig {
  return "baseUrls" in config;
}

/** What a model's terms say of training on its replies. What no provider served is its owner's. */
export function outputTermsOf(config: ModelConfig): OutputTerms {
  return isRemote(config) ? config.outputTerms : "allowed";
}

/** What a model's replies cost; null where nobody has said. Only what is behind a URL costs anything. */
export function priceOf(config: ModelConfig): ModelPrice | null {
  return isRemote(config) ? config.price : { inputPerMillion: 0, outputPerMillion: 0 };
}

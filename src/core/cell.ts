// Cells and rollout keys: the identities that durability rests on. See the design's words and keys.
import { z } from "zod";
import { hashOf, seedOf } from "./hash.ts";
import { rolloutLimitsSchema } from "./limits.ts";
import { REASONING_IN_HISTORY, samplingSchema } from "./model.ts";

const blockElisionSchema = z.strictObject({
  kind: z
    .literal("blockElision")
    .describe("Old observations give way to short stand-ins, many at once and rarely, for the prompt cache."),
  tokens: z.int().positive().describe("Elide once a call took this many tokens, prompt and reply together."),
  keep: z
    .int()
    .positive()
    .default(5)
    .describe("Newest observations that are never elided; also the fewest that are elided at once."),
});

const lastObservationsSchema = z.strictObject({
  kind: z
    .literal("lastObservations")
    .describe("Only the newest observations are shown, as MLGym does; every prompt differs from the last."),
  keep: z.int().positive().default(5).describe("Observations that are shown; older ones are named only."),
});

const closedWindowsSchema = z.strictObject({
  kind: z
    .literal("closedWindows")
    .describe("Of each file the newest window is shown; the lines of older ones are left out."),
});

const summarySchema = z.strictObject({
  kind: z
    .literal("summary")
    .describe("When the prompt grows long, the model sums up the older part in a call of its own."),
  tokens: z.int().positive().describe("Sum up once a call took this many tokens, prompt and reply together."),
  keep: z
    .int()
    .positive()
    .default(5)
    .describe("Newest steps that stay as they are; also the fewest that are summed up at once."),
});

export const historySchema = z.union([
  z.literal("appendOnly"),
  z.discriminatedUnion("kind", [
    blockElisionSchema,
    lastObservationsSchema,
    closedWindowsSchema,
    summarySchema,
  ]),
]);
export type HistoryConfig = z.infer<typeof historySchema>;

/** The forms in which an agent acts. */
export const SCAFFOLDS = ["fenced", "lastBlock", "xml", "json", "native"] as const;

const commandWord = z
  .string()
  .regex(/^[^\s;&|<>()"'`$\\]{1,200}$/, "must be one word, as the name of a program is");

export const blockedSchema = z.union([
  z.literal("mlgym"),
  z.strictObject({
    words: z
      .array(commandWord)
      .max(256)
      .default([])
      .describe("Programs that are refused wherever they are called."),
    alone: z
      .array(commandWord)
      .max(256)
      .default([])
      .describe(
        "Programs that are refused where they are called without arguments and input, and so would wait for some.",
      ),
  }),
]);
export type BlockedConfig = z.infer<typeof blockedSchema>;

/**
 * How an agent is set up. Everything here is part of the rollout key; of `prompts` and `demonstrations` the content is, by way of the
 * play hash, and the paths are not.
 */
export const agentConfigSchema = z.strictObject({
  name: z.string().min(1).describe("How this set-up is called in reports and rows."),
  scaffold: z
    .enum(SCAFFOLDS)
    .describe(
      "How actions are asked for and read: `fenced` is one fenced command block a reply, `lastBlock` the last of several, `xml` a tagged command, `json` an object with a thought and a command, `native` the provider's own tool calls, several a reply.",
    ),
  tools: z
    .array(z.string().min(1).max(1_000))
    .min(1)
    .max(64)
    .optional()
    .describe(
      "What the agent can use: names of tools, and files of your own (`./tools/mine.ts`), in the order in which they are explained; `validate`, `submit` and `forfeit` are always there. Left out: the default set. docs/tools.md lists them.",
    ),
  memory: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe(
      "File of notes that `memory_read` finds, frozen for the run; its content is part of the key, its path is not. `nightshift memory merge` writes the next one. Left out: no notes.",
    ),
  history: historySchema
    .default("appendOnly")
    .describe(
      "What of the past each prompt holds: `appendOnly` is all of it, so that each prompt extends the last; `{ kind: blockElision, tokens: … }` shortens it when it grows long. docs/agents.md has all kinds and what each costs.",
    ),
  prompts: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe(
      "A folder of your own prompts: each `<name>.md` in it takes the place of the shipped one. Its content is part of the key, its path is not.",
    ),
  demonstrations: z
    .array(z.string().min(1).max(1_000))
    .min(1)
    .max(8)
    .optional()
    .describe(
      "Files made by `show RUN KEY --demonstration FILE`: rollouts that are shown before the task, in the scaffold's own form.",
    ),
  blocked: blockedSchema
    .optional()
    .describe(
      "Programs that the shell refuses with a sentence: `mlgym` for MLGym's list, or `{ words: […], alone: […] }`. Guidance, not a barrier. Left out: none.",
    ),
  stateLine: z
    .enum(["oneLine", "lines", "none"])
    .optional()
    .describe(
      "How each observation ends: steps, open file and directory in `oneLine` (the default), in `lines` of their own and a prompt mark as in MLGym, or `none`.",
    ),
  reasoningInHistory: z
    .enum(REASONING_IN_HISTORY)
    .optional()
    .describe(
      "Which reasoning of earlier replies is sent again. Left out: `all` where the model's API takes it back (anthropic, openaiResponses, openai with a reasoningField), else `none`.",
    ),
});
export type AgentConfig = z.infer<typeof agentConfigSchema>;

/** Task × agent × model × sampling, with all that identifies its rollouts. */
export const cellSchema = z.strictObject({
  taskId: z.string(),
  /** Hash over the task's play hash, tools, prompts, scaffold version and limits. */
  playHash: z.string(),
  agent: agentConfigSchema,
  model: z.strictObject({ id: z.string(), revision: z.string().nullable() }),
  sampling: samplingSchema,
  limits: rolloutLimitsSchema,
});
export type Cell = z.infer<typeof cellSchema>;

/** Where a branched rollout comes from. Null for every rollout of a plain run. */
export const originSchema = z.strictObject({ parentKey: z.string(), step: z.int().nonnegative() });
export type Origin = z.infer<typeof originSchema>;

/** Hash of what identifies a cell: its rollouts share it, so it is also the base of group ids. */
export function cellId(cell: Cell): string {
  return hashOf("cell", {
    playHash: cell.playHash,
    agent: cell.agent,
    model: cell.model,
    sampling: cell.sampling,
  });
}

/** The key of one rollout. Not in it: backend, host, endpoint, retry number. */
export function rolloutKey(cell: Cell, seedIndex: number, origin: Origin | null): string {
  return hashOf("rollout", {
    playHash: cell.playHash,
    agent: cell.agent,
    model: cell.model,
    sampling: cell.sampling,
    seedIndex,
    origin,
  });
}

/** The GRPO group of a rollout: G consecutive seeds of a cell. */
export function groupOf(cell: Cell, seedIndex: number, groupSize: number): { id: string; index: number } {
  const ordinal = Math.floor(seedIndex / groupSize);
  return { id: hashOf("group", { cell: cellId(cell), ordinal, groupSize }), index: seedIndex % groupSize };
}

/** The 48-bit seed that a rollout samples with. */
export function rolloutSeed(key: string): number {
  return seedOf("seed", key);
}

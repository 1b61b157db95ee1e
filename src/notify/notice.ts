// What is told to somebody outside: that a run paused, ended or failed. And how: a command or a webhook, from the pipeline file.
import { z } from "zod";
import type { Books } from "../core/books.ts";

const commandSchema = z.strictObject({
  command: z
    .array(z.string().min(1))
    .min(1)
    .max(64)
    .describe(
      "Program and arguments, run without a shell; it gets the notice as JSON on its standard input.",
    ),
  env: z
    .array(z.string().min(1))
    .max(64)
    .default([])
    .describe("Environment variables that it may see besides PATH and HOME."),
});
const webhookSchema = z.strictObject({
  webhook: z.url({ protocol: /^https?$/ }).describe("URL that the notice is posted to, as JSON."),
});
const webhookEnvSchema = z.strictObject({
  webhookEnv: z
    .string()
    .regex(
      /^[A-Z_][A-Z0-9_]*$/,
      "must be the name of an environment variable in capitals, such as NOTIFY_URL, and never the URL itself",
    )
    .describe("Name of the variable that holds the URL, for URLs that are secrets."),
});

export const notifySchema = z.union([commandSchema, webhookSchema, webhookEnvSchema], {
  error: "must be { command: [program, …] }, { webhook: URL } or { webhookEnv: NAME }",
});
export type NotifyConfig = z.infer<typeof notifySchema>;

/** One notice. It holds counts, a sentence and the run's name; never a key, a prompt or a setting. */
export interface Notice {
  readonly run: string;
  readonly directory: string;
  readonly status: "parked" | "back" | "paused" | "complete" | "short" | "interrupted" | "failed";
  /** Why, in one line; null where there is nothing to explain. */
  readonly reason: string | null;
  readonly books: Books;
  readonly spent: { readonly usd: number | null; readonly tokens: number };
}

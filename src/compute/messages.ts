// What the pool and its workers say to each other.
import { z } from "zod";

/** To a worker. */
export type ToWorker =
  | { readonly kind: "run"; readonly module: string; readonly input: unknown; readonly fed: boolean }
  /** The next item of the feed, which the worker had pulled. */
  | { readonly kind: "item"; readonly item: unknown }
  | { readonly kind: "feedEnded" };

export const toWorkerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("run"), module: z.string(), input: z.unknown(), fed: z.boolean() }),
  z.object({ kind: z.literal("item"), item: z.unknown() }),
  z.object({ kind: z.literal("feedEnded") }),
]);

/** An error as it crosses threads. */
export const carriedErrorSchema = z.object({
  name: z.string(),
  message: z.string(),
  stack: z.string(),
  /** The `code` of what the system raised; null for anything else. */
  code: z.string().nullable(),
});
export type CarriedError = z.infer<typeof carriedErrorSchema>;

/** From a worker. */
export type FromWorker =
  | { readonly kind: "pull" }
  /** How the job gets on, in its module's own words. */
  | { readonly kind: "news"; readonly news: unknown }
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "error"; readonly error: CarriedError };

export const fromWorkerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("pull") }),
  z.object({ kind: z.literal("news"), news: z.unknown() }),
  z.object({ kind: z.literal("result"), result: z.unknown() }),
  z.object({ kind: z.literal("error"), error: carriedErrorSchema }),
]);

/** Items of a feed that may lie between the threads: enough to keep both busy, few enough to bound memory. */
export const FEED_AHEAD_MAX = 4;

// curation.json: the rules that were applied and what became of every rollout.
import { z } from "zod";
import { funnelSchema } from "../dataset/manifest.ts";
import { curateRulesSchema } from "./rules.ts";

export const CURATION_NAME = "curation.json";

export const curateReportSchema = z.strictObject({
  format: z.literal("nightshift.curation/1"),
  rules: curateRulesSchema,
  /** Rollouts read, each once. */
  rollouts: z.int().nonnegative(),
  /** Of the same rollout in a second dataset. */
  repeated: z.int().nonnegative(),
  /** Dropped before, by a run's own filter. */
  droppedBefore: z.int().nonnegative(),
  /** Dropped here, by reason. */
  dropped: z.record(z.string(), z.int().positive()),
  kept: z.int().nonnegative(),
  /** Replies that are not trained on any more. */
  maskedReplies: z.int().nonnegative(),
  /** The books of the new dataset. */
  funnel: funnelSchema,
});
export type CurateReport = z.infer<typeof curateReportSchema>;

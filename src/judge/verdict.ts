// The judge process's verdict, as it lies in the judge's room. Written by judge.py's helper module, read out of band.
import { z } from "zod";

export const verdictFileSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("scored"),
    nonce: z.string(),
    score: z.number(),
    metrics: z.record(z.string(), z.number()),
    /** Answers that the submission was asked for; what its CPU time is divided by. */
    calls: z.int().nonnegative(),
  }),
  z.strictObject({
    kind: z.literal("invalid"),
    nonce: z.string(),
    reason: z.string(),
    /** What it said, that its process ended early, or that it said nothing. */
    cause: z.enum(["answer", "ended", "silent"]),
  }),
]);
export type VerdictFile = z.infer<typeof verdictFileSchema>;

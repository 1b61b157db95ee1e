// How a rollout ends: a tagged value, never an exception. Closed lists, so that every report can be exhaustive.
import { z } from "zod";
import { BOUNDARIES } from "./errors.ts";

export const LIMITS = ["steps", "cost", "tokens", "context", "wall", "format", "refusal"] as const;
export type LimitName = (typeof LIMITS)[number];

export const outcomeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("submitted") }),
  z.strictObject({ kind: z.literal("forfeit") }),
  z.strictObject({ kind: z.literal("limit"), limit: z.enum(LIMITS) }),
  z.strictObject({ kind: z.literal("stopped"), rule: z.string() }),
  z.strictObject({
    kind: z.literal("failed"),
    boundary: z.enum(BOUNDARIES),
    error: z.string(),
    /** Present where trying again cannot help until somebody mends something: a revoked key, an unknown model. */
    permanent: z.literal(true).optional(),
  }),
  z.strictObject({ kind: z.literal("cancelled") }),
  z.strictObject({ kind: z.literal("interrupted") }),
]);

/** `failed` is infrastructure (retried, never reward 0); `cancelled` and `interrupted` were not the agent's doing either. */
export type Outcome = z.infer<typeof outcomeSchema>;

/** The texts that outcomes can have, but for those of `stopped`, whose rules are open. */
export const OUTCOME_TEXTS: readonly string[] = [
  "submitted",
  "forfeit",
  "limit",
  ...LIMITS.map((limit) => `limit:${limit}`),
  "stopped",
  "failed",
  ...BOUNDARIES.map((boundary) => `failed:${boundary}`),
  "cancelled",
  "interrupted",
];

/** The short text of an outcome, `kind` or `kind:detail`, as it stands in tables and reports. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case "limit":
      return `limit:${outcome.limit}`;
    case "stopped":
      return `stopped:${outcome.rule}`;
    case "failed":
      return `failed:${outcome.boundary}`;
    case "submitted":
    case "forfeit":
    case "cancelled":
    case "interrupted":
      return outcome.kind;
    default:
      return outcome satisfies never;
  }
}

/** True when the episode itself came to an end (its trajectory is data), false when infrastructure cut it off. */
export function isEpisodeEnd(outcome: Outcome): boolean {
  return (
    outcome.kind === "submitted" ||
    outcome.kind === "forfeit" ||
    outcome.kind === "limit" ||
    outcome.kind === "stopped"
  );
}

/** The same of an outcome's text; false for a text that no outcome has. */
export function isEpisodeEndText(text: string): boolean {
  return /^(?:submitted|forfeit|limit|stopped)(?::|$)/.test(text);
}

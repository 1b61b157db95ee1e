// Which rollouts of a dataset an export passes over before any recipe sees them.
import type { PlainRow } from "../dataset/cells.ts";
import type { Where } from "../dataset/where.ts";
import type { Recipe } from "./recipe.ts";

const SUSPECTED = "secret:suspected";

/**
 * Why a rollout is passed over; null where it is not. A recipe that takes all takes dropped ones too, but for those in which something looks
 * like a secret: what it is would leave the house with them.
 */
export function passedOver(
  trajectory: PlainRow,
  { takes }: Pick<Recipe, "takes">,
  where: Pick<Where, "holds"> | null,
): "notKept" | "notSelected" | null {
  const { filter_decision: decision, flags } = trajectory;
  const isSuspected = Array.isArray(flags) && flags.includes(SUSPECTED);
  if (decision !== "keep" && (takes !== "all" || isSuspected)) return "notKept";
  return where === null || where.holds(trajectory) ? null : "notSelected";
}

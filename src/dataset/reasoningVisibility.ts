// What a rollout's rows can show of the reasoning behind its replies.
import type { Reasoning } from "../core/message.ts";
import type { Trajectory } from "../core/trajectory.ts";

export type ReasoningVisibility = "visible" | "summarised" | "encrypted" | "none";

/**
 * `visible`: the text that was sampled; `summarised`: a provider's account of it, beside an opaque original; `encrypted`: the
 * original alone; `none`: nothing, also where tokens of reasoning were paid for. Of several kinds the first in the order
 * summarised, visible, encrypted.
 */
export function reasoningVisibility({
  pool,
  steps,
}: Pick<Trajectory, "pool" | "steps">): ReasoningVisibility {
  const kinds = new Set(
    steps.flatMap(({ response }) => {
      const message = pool[response]?.message;
      return message?.role === "assistant" ? kindsOf(message.reasoning) : [];
    }),
  );
  for (const kind of ["summarised", "visible", "encrypted"] as const) if (kinds.has(kind)) return kind;
  return "none";
}

/** Pieces that share an id are one item: its opaque part stands on the first of them. */
function kindsOf(parts: readonly Reasoning[]): ReasoningVisibility[] {
  const opaqueIds = new Set(
    parts.flatMap((part) => (isOpaque(part) && part.id !== undefined ? [part.id] : [])),
  );
  return parts.flatMap((part): ReasoningVisibility[] => {
    const opaque = isOpaque(part) || (part.id !== undefined && opaqueIds.has(part.id));
    if (part.text === "") return opaque ? ["encrypted"] : [];
    return [opaque ? "summarised" : "visible"];
  });
}

function isOpaque(part: Reasoning): boolean {
  return part.signature !== undefined || part.encrypted !== undefined;
}

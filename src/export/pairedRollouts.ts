// Pairs of whole rollouts that began with the same prompt.
import { PAIR_REASONS, type Paired, pairedSides } from "./pairedSides.ts";
import type { Conversion } from "./recipe.ts";
import { WHOLE_REASONS, wholeConversation } from "./wholeConversation.ts";

export const ROLLOUT_PAIR_REASONS = [...new Set([...PAIR_REASONS, ...WHOLE_REASONS])];

export function pairedRollouts<Row>(make: (paired: Paired) => Row): Conversion<Row> {
  return pairedSides(
    "firstStep",
    (rollout) => {
      const whole = wholeConversation(rollout);
      return typeof whole === "string" ? whole : { prompt: whole.prompt, reply: whole.completion };
    },
    make,
  );
}

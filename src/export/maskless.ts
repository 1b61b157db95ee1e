// Turns for formats without masks: a branch up to, and without, its first assistant turn that must not be trained on.
import type { Branch, Turn } from "./branches.ts";

export interface Maskless {
  /** Ends with a trained turn; every assistant turn in it is trained. */
  readonly turns: readonly Turn[];
  readonly trained: number;
  /** Trained turns of the branch that are not in it. */
  readonly cut: number;
}

/** Null where a turn that must not be trained on stands before every trained one. */
export function masklessTurns(branch: Branch): Maskless | null {
  const masked = branch.turns.findIndex((turn) => turn.message.role === "assistant" && !turn.train);
  const usable = masked < 0 ? branch.turns : branch.turns.slice(0, masked);
  const end = usable.findLastIndex((turn) => turn.train) + 1;
  if (end === 0) return null;
  const turns = usable.slice(0, end);
  const trained = turns.filter((turn) => turn.train).length;
  return { turns, trained, cut: branch.trainedCount - trained };
}

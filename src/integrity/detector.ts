// What a detector is: a pure function from a record and the facts of its task to signals. One file each; `signalsOf.ts` lists them.
import { evidenceOf, type Signal, type SignalName, type SignalSource } from "../core/signal.ts";
import type { InspectedRecord, IntegrityFacts } from "./inspected.ts";

export type Detector = (record: InspectedRecord, facts: IntegrityFacts) => readonly Signal[];

/** A signal with its evidence made to fit. */
export function signal(
  name: SignalName,
  step: number | null,
  source: SignalSource,
  evidence: string,
): Signal {
  return { name, step, evidence: evidenceOf(evidence), source };
}

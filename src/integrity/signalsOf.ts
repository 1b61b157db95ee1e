// The signals of one rollout: every detector over its record, pure, so that they can be taken anew at any time from what is stored.
import type { Signal, SignalName } from "../core/signal.ts";
import { copied } from "./copied.ts";
import type { Detector } from "./detector.ts";
import { engineReached } from "./engineReached.ts";
import { honeypotTaken } from "./honeypotTaken.ts";
import { hostEscaped } from "./hostEscaped.ts";
import { hostExhausted } from "./hostExhausted.ts";
import type { InspectedRecord, IntegrityFacts } from "./inspected.ts";
import { judgePatched } from "./judgePatched.ts";
import { jumped } from "./jumped.ts";
import { limitReached } from "./limitReached.ts";
import { modelChanged } from "./modelChanged.ts";
import { neighbourReached } from "./neighbourReached.ts";
import { networkTried } from "./networkTried.ts";
import { probedHidden } from "./probedHidden.ts";
import { protocolForged } from "./protocolForged.ts";
import { scoreTooGood } from "./scoreTooGood.ts";
import { submissionForged } from "./submissionForged.ts";
import { submissionSpecial } from "./submissionSpecial.ts";
import { supervisorAttacked } from "./supervisorAttacked.ts";
import { suspectedSecret } from "./suspectedSecret.ts";
import { touchedProtected } from "./touchedProtected.ts";
import { untrained } from "./untrained.ts";
import { validationGap } from "./validationGap.ts";

/** Raised by hand when a detector finds other things than before: what was drawn from its signals is drawn anew. */
export const INTEGRITY_VERSION = 1;

/** Most signals of one name on one rollout: the first say what is to be said. */
export const SIGNALS_PER_NAME_MAX = 5;

/** Detectors in any order: their signals are sorted. */
const DETECTORS: readonly Detector[] = [
  touchedProtected,
  probedHidden,
  protocolForged,
  judgePatched,
  submissionForged,
  honeypotTaken,
  scoreTooGood,
  jumped,
  validationGap,
  untrained,
  copied,
  networkTried,
  suspectedSecret,
  modelChanged,
  hostEscaped,
  hostExhausted,
  limitReached,
  neighbourReached,
  engineReached,
  supervisorAttacked,
  submissionSpecial,
];

/** Every signal of a rollout, by step and then by name; those of the rollout as a whole come last. */
export function signalsOf(record: InspectedRecord, facts: IntegrityFacts): readonly Signal[] {
  const counts = new Map<SignalName, number>();
  return DETECTORS.flatMap((detect) => detect(record, facts))
    .toSorted((a, b) => place(a) - place(b) || compare(a.name, b.name) || compare(a.evidence, b.evidence))
    .filter(({ name }, index, all) => {
      const before = all[index - 1];
      const now = all[index];
      if (before !== undefined && now !== undefined && isSame(before, now)) return false;
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return count <= SIGNALS_PER_NAME_MAX;
    });
}

function place({ step }: Signal): number {
  return step ?? Number.MAX_SAFE_INTEGER;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isSame(a: Signal, b: Signal): boolean {
  return a.name === b.name && a.step === b.step && a.evidence === b.evidence;
}

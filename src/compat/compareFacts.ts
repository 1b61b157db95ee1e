// Holds the facts of a step against those that were recorded: what is equal is counted, what is not is a difference with a reason.
import type { Difference, Fact, FactClass, Reason } from "./facts.ts";

/** What is known around a step that may explain a difference. */
export interface Ground {
  readonly step: number;
  /** How far two scores may be apart. */
  readonly tolerance: (score: number) => number;
  /** Starter files beside the submission that the agent has changed. */
  readonly isTampered: boolean;
  /** Files that only the judge has here. */
  readonly secretFiles: readonly string[];
  /** True once a program has printed otherwise than then: what it left behind may differ too. */
  readonly isElsewhere: boolean;
  /** Whether the evaluation draws random numbers that nobody seeded. */
  readonly isRandom: boolean;
  /** What our judge said of a submission without a score; null where it scored or said nothing. */
  readonly judgeReason: string | null;
  /** The recorded text, for what explains a failure. */
  readonly observation: string;
  /** Starter files of which nobody knows what they were at that time. */
  readonly unknownFiles: ReadonlySet<string>;
  /** Starter files rebuilt from their lines: whether the last one was ended is unknown, and with it the size. */
  readonly rebuiltFiles: ReadonlySet<string>;
}

export interface Compared {
  readonly equal: Readonly<Partial<Record<FactClass, number>>>;
  readonly differences: readonly Difference[];
}

/** Compares by class and key; a fact that only one side has is a difference. */
export function compareFacts(recorded: readonly Fact[], now: readonly Fact[], ground: Ground): Compared {
  const keyOf = (fact: Fact) => `${fact.class}/${fact.key}`;
  const then = new Map(recorded.map((fact) => [keyOf(fact), fact]));
  const here = new Map(now.map((fact) => [keyOf(fact), fact]));
  const equal: Partial<Record<FactClass, number>> = {};
  const differences: Difference[] = [];
  for (const key of new Set([...then.keys(), ...here.keys()])) {
    const [one, other] = [then.get(key), here.get(key)];
    const fact = one ?? other;
    if (fact === undefined) continue;
    if (one !== undefined && other !== undefined && isEqual(one, other, ground)) {
      equal[fact.class] = (equal[fact.class] ?? 0) + 1;
      continue;
    }
    const found = { step: ground.step, class: fact.class, key: fact.key };
    const values = { recorded: one?.value ?? null, now: other?.value ?? null };
    differences.push({
      ...found,
      ...values,
      reason: reasonOf({ ...found, ...values }, recorded, now, ground),
    });
  }
  return { equal, differences };
}

function isEqual(one: Fact, other: Fact, { tolerance }: Ground): boolean {
  if (one.class !== "score") return one.value === other.value;
  const [then, now] = [Number(one.value), Number(other.value)];
  if (one.key.startsWith("baseline ")) return Math.abs(then - now) <= 1e-9 * Math.abs(then);
  return Math.abs(then - now) <= tolerance(then);
}

function reasonOf(
  difference: Omit<Difference, "reason">,
  recorded: readonly Fact[],
  now: readonly Fact[],
  ground: Ground,
): Reason {
  const outcome = (facts: readonly Fact[]) => facts.find((fact) => fact.class === "outcome")?.value;
  switch (difference.class) {
    case "lint":
      return lintReason(recorded);
    case "outcome":
      if (outcome(recorded) === "lint" || outcome(now) === "lint") return lintReason(recorded);
      return evaluationReason(difference, ground);
    case "score":
    case "error":
      return evaluationReason(difference, ground);
    case "listing":
      if (difference.key === "__pycache__") return "leftovers";
      if (ground.secretFiles.some((file) => file.split("/").at(-1) === difference.key)) return "hidden";
      return ground.unknownFiles.has(difference.key) || ground.rebuiltFiles.has(difference.key)
        ? "vintage"
        : "unexplained";
    case "output":
      if (ground.unknownFiles.size > 0) return "vintage";
      return withoutNumbers(difference.recorded) === withoutNumbers(difference.now)
        ? "randomness"
        : "environment";
    case "header":
    case "line":
    case "range":
      return isOfUnknownFile([...recorded, ...now], ground) ? "vintage" : "unexplained";
    case "match":
      return ground.unknownFiles.size > 0 ? "vintage" : "unexplained";
    case "state":
      return "unexplained";
    default:
      return difference.class satisfies never;
  }
}

function isOfUnknownFile(facts: readonly Fact[], { unknownFiles }: Ground): boolean {
  return facts.some(
    (fact) => fact.class === "header" && unknownFiles.has(fact.value.slice(0, fact.value.lastIndexOf(", "))),
  );
}

function lintReason(recorded: readonly Fact[]): Reason {
  const codes = recorded.filter((fact) => fact.class === "lint").map(({ key }) => key);
  return codes.length > 0 && codes.every((code) => code === "E111") ? "lintRule" : "lintVersion";
}

function evaluationReason(
  { recorded, now }: Pick<Difference, "recorded" | "now">,
  { isTampered, judgeReason, observation, isElsewhere, isRandom }: Ground,
): Reason {
  if (isTampered) return "tampering";
  if (judgeReason !== null && /(?:ModuleNotFound|FileNotFound|Import)Error/.test(judgeReason))
    return "declaredFiles";
  if (/Warning\b|^\{".*\}$/m.test(observation)) return "printed";
  if (isElsewhere) return "environment";
  return isRandom && recorded !== "missing" && now !== "missing" ? "randomness" : "unexplained";
}

function withoutNumbers(text: string | null): string | null {
  return text?.replaceAll(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g, "#") ?? null;
}

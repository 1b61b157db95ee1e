// The books of replays: what was compared, by class, and what differs, by reason.
import { FACT_RULES, type FactClass, REASONS, type Reason } from "./facts.ts";
import type { ReplayReport } from "./replayTraj.ts";
import { SKIPPED, type Skipped } from "./skipped.ts";

export interface ReplaySummary {
  readonly runs: number;
  readonly steps: number;
  readonly comparable: number;
  readonly equal: number;
  /** Equal of comparable; 1 where there is nothing to compare. */
  readonly share: number;
  readonly classes: readonly {
    readonly name: FactClass;
    readonly comparable: number;
    readonly equal: number;
  }[];
  readonly reasons: readonly { readonly reason: Reason; readonly count: number }[];
  readonly skipped: readonly { readonly why: Skipped; readonly count: number }[];
  /** Lines of files that were rebuilt from those very lines: neither equal nor different. */
  readonly given: number;
  readonly vintages: { readonly V1: number; readonly V2: number; readonly unknown: number };
}

/** Adds up reports of any number of runs; classes, reasons and skips that never came are left out. */
export function summaryOf(reports: readonly ReplayReport[]): ReplaySummary {
  const sum = (of: (report: ReplayReport) => number) => reports.reduce((total, one) => total + of(one), 0);
  const classes = keysOf(FACT_RULES)
    .map((name) => {
      const equal = sum((report) => report.equal[name] ?? 0);
      const different = sum((report) => report.differences.filter((one) => one.class === name).length);
      return { name, comparable: equal + different, equal };
    })
    .filter(({ comparable }) => comparable > 0);
  const reasons = keysOf(REASONS)
    .map((reason) => ({
      reason,
      count: sum((report) => report.differences.filter((one) => one.reason === reason).length),
    }))
    .filter(({ count }) => count > 0);
  const skipped = keysOf(SKIPPED)
    .map((why) => ({ why, count: sum((report) => report.skipped[why] ?? 0) }))
    .filter(({ count }) => count > 0);
  const comparable = classes.reduce((total, one) => total + one.comparable, 0);
  const equal = classes.reduce((total, one) => total + one.equal, 0);
  return {
    runs: reports.length,
    steps: sum(({ steps }) => steps),
    comparable,
    equal,
    share: comparable === 0 ? 1 : equal / comparable,
    classes,
    reasons,
    skipped,
    given: sum(({ given }) => given),
    vintages: {
      V1: sum(({ vintage }) => (vintage === "V1" ? 1 : 0)),
      V2: sum(({ vintage }) => (vintage === "V2" ? 1 : 0)),
      unknown: sum(({ vintage }) => (vintage === null ? 1 : 0)),
    },
  };
}

function keysOf<Key extends string>(of: Readonly<Record<Key, unknown>>): readonly Key[] {
  const isKey = (name: string): name is Key => Object.hasOwn(of, name);
  return Object.keys(of).filter(isKey);
}

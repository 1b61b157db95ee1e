// Records for the detectors' tests: actions as an agent writes them, on a task that has everything a detector may ask for.
import { relativePath } from "../../src/integrity/actionText.ts";
import {
  type InspectedAction,
  type InspectedRecord,
  type IntegrityFacts,
  inspectedAction,
} from "../../src/integrity/inspected.ts";
import { signalsOf } from "../../src/integrity/signalsOf.ts";

export const FACTS: IntegrityFacts = {
  direction: "maximize",
  anchors: { starter: 0.2, best: 0.8, optimum: 1 },
  sigma: 0.01,
  judgeFiles: ["judge.py", "episodes.py"],
  opponentFiles: ["opponent.py"],
  submissionFiles: ["submission.csv", "strategy.py"],
  honeypot: null,
  hiddenFiles: ["labels.csv", "judge.py"],
  judgeModules: ["judge", "nightshift_judge"],
  metricNames: ["accuracy"],
  isMade: true,
  hasNetwork: false,
  starterSubmission: "5".repeat(64),
  copyOf: null,
};

interface Over {
  readonly ok?: boolean | null;
  readonly isCarriedOut?: boolean;
  readonly cwd?: string;
}

/** A shell command. */
export function shell(command: string, over: Over = {}): InspectedAction {
  return inspectedAction({ ...base("shell", command), command, written: null, target: null, ...over });
}

/** A file written by an editor tool. */
export function wrote(target: string, written: string, over: Over = {}): InspectedAction {
  return inspectedAction({
    ...base("edit", `edit 1:9\n${written}`),
    command: null,
    written,
    target: relativePath(target, "."),
    ...over,
  });
}

/** A tool without a command or a text. */
export function used(tool: string, text: string): InspectedAction {
  return inspectedAction({ ...base(tool, text), command: null, written: null, target: null });
}

/** A record of these actions, one a step. */
export function record(
  actions: readonly InspectedAction[],
  over: Partial<InspectedRecord> = {},
): InspectedRecord {
  return {
    key: "k",
    actions: actions.map((action, step) => ({ ...action, step })),
    validations: [],
    finalSubmission: "f".repeat(64),
    score: { submission: "f".repeat(64), mean: 0.5, count: 4 },
    bestScore: null,
    ...over,
  };
}

/** What signals these actions give, as `name@step`. */
export function found(
  actions: readonly InspectedAction[],
  over: { readonly record?: Partial<InspectedRecord>; readonly facts?: Partial<IntegrityFacts> } = {},
): readonly string[] {
  const signals = signalsOf(record(actions, over.record), { ...FACTS, ...over.facts });
  return signals.map(({ name, step }) => (step === null ? name : `${name}@${step}`));
}

function base(tool: string, text: string) {
  return { step: 0, tool, text, isCarriedOut: true, ok: true, cwd: ".", observation: "" };
}

// MLGym's exit statuses and our endings, each way: a pure table, so that exports can name both. docs/import.md has it in words.
import type { Boundary } from "./errors.ts";
import type { LimitName, Outcome } from "./outcome.ts";

/** What came of judging the last submission: a score, a refusal, or no submission that could be judged. */
export type LastEvaluation = "scored" | "invalid" | "none";

/** MLGym's name for each limit of ours; those that it does not have take the nearest. */
const LABEL_OF_LIMIT: Readonly<Record<LimitName, string>> = {
  steps: "max_steps",
  cost: "exit_cost",
  context: "exit_context",
  format: "exit_format",
  /** MLGym counts dollars only. */
  tokens: "exit_cost",
  /** MLGym has no clock over an episode: its allowance is steps. */
  wall: "max_steps",
  /** A provider that answers nothing usable is an error of its API there. */
  refusal: "exit_api",
};

/**
 * The exit status that MLGym would have given: `submitted`, `autosubmission (why)`, `submission_not_found (why)`,
 * `evaluation_format_error (why)`, `exit_forfeit`, `early_exit`, or the empty text of a run that broke.
 */
export function mlgymExitStatus(outcome: Outcome, last: LastEvaluation): string {
  switch (outcome.kind) {
    case "submitted":
      return last === "scored" ? "submitted" : judged("submit", last);
    case "limit":
      return judged(LABEL_OF_LIMIT[outcome.limit], last);
    case "forfeit":
      return "exit_forfeit";
    case "stopped":
      return "early_exit";
    case "failed":
      return failedStatus(outcome.boundary, last);
    case "cancelled":
    case "interrupted":
      return "";
    default:
      return outcome satisfies never;
  }
}

/** What an exit status of MLGym's says in our words. */
export interface MlgymEnding {
  readonly outcome: Outcome;
  readonly last: LastEvaluation;
  /** Why the episode stopped, by MLGym's label: `submit`, `max_steps`, `exit_cost`, …; null where the status has none. */
  readonly label: string | null;
}

const OUTCOME_OF_LABEL: Readonly<Record<string, Outcome>> = {
  submit: { kind: "submitted" },
  max_steps: { kind: "limit", limit: "steps" },
  exit_context: { kind: "limit", limit: "context" },
  exit_cost: { kind: "limit", limit: "cost" },
  exit_format: { kind: "limit", limit: "format" },
  exit_api: { kind: "failed", boundary: "model", error: "MLGym: exit_api" },
  exit_error: { kind: "failed", boundary: "agent", error: "MLGym: exit_error" },
};

/** Broken off, and nothing says by what: a status that is empty, or of another version of MLGym. */
const BROKEN_OFF: Outcome = { kind: "interrupted" };

/** The way back. Every text has an ending; one that MLGym does not write counts as broken off, without a judged submission. */
export function endingOfMlgym(status: string): MlgymEnding {
  switch (status) {
    case "submitted":
      return { outcome: { kind: "submitted" }, last: "scored", label: "submit" };
    case "exit_forfeit":
      return { outcome: { kind: "forfeit" }, last: "none", label: null };
    case "skipped":
      return { outcome: { kind: "stopped", rule: "skipped" }, last: "none", label: null };
    case "early_exit":
      return {
        outcome: { kind: "failed", boundary: "sandbox", error: "MLGym: early_exit" },
        last: "none",
        label: null,
      };
    default: {
      const [, what = "", label = ""] = /^([\s\S]*?)\s*\(([a-z_]+)\)$/.exec(status) ?? [];
      const outcome = OUTCOME_OF_LABEL[label] ?? BROKEN_OFF;
      return { outcome, last: LAST_OF_WORD[what] ?? "none", label: label === "" ? null : label };
    }
  }
}

/** Any other word before the label is an exception of the evaluator: nothing was judged. */
const LAST_OF_WORD: Readonly<Record<string, LastEvaluation>> = {
  autosubmission: "scored",
  evaluation_format_error: "invalid",
  submission_not_found: "none",
};

/** MLGym judges what is there also after a broken model call, and never after a broken container. */
function failedStatus(boundary: Boundary, last: LastEvaluation): string {
  switch (boundary) {
    case "model":
      return judged("exit_api", last);
    case "agent":
      return judged("exit_error", last);
    case "sandbox":
      return "early_exit";
    case "task":
    case "judge":
      return "";
    default:
      return boundary satisfies never;
  }
}

function judged(label: string, last: LastEvaluation): string {
  switch (last) {
    case "scored":
      return `autosubmission (${label})`;
    case "invalid":
      return `evaluation_format_error (${label})`;
    case "none":
      return `submission_not_found (${label})`;
    default:
      return last satisfies never;
  }
}

// What an observation says that is data and not prose: facts, each of a class with a rule by which it is compared.

/** The classes of facts, and when a recorded one and one of now are equal. The page docs/import.md is made of the same words. */
export const FACT_RULES = {
  outcome: "how a command ended, in one word of ours (applied, lint, missing, scored …): the same word",
  header: "path and number of lines of a shown file: both the same, the path relative to the workspace",
  range: "lines above and below a window: the same numbers",
  line: "a numbered line of a file: the same characters, trailing blanks too",
  lint: "an error that an edit would bring: the same code of flake8's (for undefined names also the name), each once; its wording is prose",
  match: "a place that a search found, and its counts: the same path, line, text and numbers",
  listing:
    "an entry of a folder: the same name, and for long listings of files the same size; owner, mode and date are not compared",
  output: "a line that another command printed: the same characters, MLGym's workspace and ours taken as one",
  score:
    "a score: no further apart than the tolerance, which is 0.03 for scripts that draw random numbers and a millionth for others",
  error: "the last line of a failed evaluation: the same exception and message",
  state: "open file and working directory as the next prompt would tell them: the same paths",
} as const;
export type FactClass = keyof typeof FACT_RULES;

export interface Fact {
  readonly class: FactClass;
  /** What it is about, once per step: `window 0, line 12`. */
  readonly key: string;
  readonly value: string;
}

/** Why a recorded fact and the one of now differ, as far as can be told. */
export const REASONS = {
  lintRule:
    "MLGym's flake8 refuses indentation that is no multiple of four (E111), which is style: our editor refuses only what is an error",
  lintVersion: "the check of code says it otherwise: another version, or a rule that only one of the two has",
  randomness: "other numbers: drawn without a seed, or computed by other versions of libraries",
  tampering: "the agent had changed a file that MLGym scores with; ours are pristine",
  hidden: "a file that only the judge has here: labels lay in the agents' folder there",
  declaredFiles: "the score needs files beside the declared submission, which alone is judged here",
  printed: "MLGym fails where anything but the score is printed, warnings of a library too [bug]",
  leftovers: "MLGym evaluates in the agent's own folder and leaves __pycache__ there",
  vintage: "a starter file of that time, which the checkout does not have",
  environment: "other packages, versions, network or time of the machine",
  unexplained: "no reason is known",
} as const;
export type Reason = keyof typeof REASONS;

export interface Difference {
  readonly step: number;
  readonly class: FactClass;
  readonly key: string;
  /** Null: it was not there. */
  readonly recorded: string | null;
  readonly now: string | null;
  readonly reason: Reason;
}

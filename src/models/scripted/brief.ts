// What the opening tells of a task: its metric, what is handed in, the files, and the command that measures. Words only, no plan.

export interface Brief {
  /** The whole opening, to look things up in. */
  readonly text: string;
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** The baseline's score; null where none is told. */
  readonly baseline: number | null;
  readonly validationsMax: number;
  /** The first declared file of the submission. */
  readonly submission: string;
  /** The file whose change changes the submission: itself, or the script that makes it. */
  readonly workFile: string;
  /** The command that runs the work on data of its own; null where there is nothing to run. */
  readonly measure: string | null;
  /** Files of the workspace, as listed at the start. */
  readonly files: readonly string[];
}

/** Names of scripts that make a submission, the likeliest first. */
const MAKERS = /^(?:baseline|main|train|run|solution|model|submit|predict)\w*\.py$/;

/** A command that measures what another one made. */
const APPRAISERS = /^python3? (?:evaluate|score|measure|check|test)\w*\.py$/;

/** Reads an opening; whatever is not told gets a plain guess. */
export function readBrief(opening: string): Brief {
  const files = [...opening.matchAll(/^- (\S[^\n]*?) \(\d+ bytes\)$/gm)].map((match) => match[1] ?? "");
  const scripts = files.filter((file) => file.endsWith(".py"));
  const submission = /What you hand in: `([^`]+)`/.exec(opening)?.[1] ?? scripts[0] ?? "submission.csv";
  const maker = scripts.find((file) => MAKERS.test(file)) ?? scripts[0] ?? submission;
  const commands = [...opening.matchAll(/`(python3? [\w./-]+\.py)[^`]*`/g)].map((match) => match[1] ?? "");
  const told = commands[0] ?? null;
  const appraise = commands.find((command) => APPRAISERS.test(command)) ?? null;
  // A submission of several files that a script makes and another one measures: what there is to change is the script.
  const isMade = appraise !== null && appraise !== told && MAKERS.test(maker) && maker !== submission;
  const workFile = submission.endsWith(".py") && !isMade ? submission : maker;
  return {
    text: opening,
    metric: /^- Metric: (\w+)/m.exec(opening)?.[1] ?? "score",
    higherIsBetter: !/\blower is better\b/.test(opening),
    baseline: numberAfter(/starter files as they are score (-?\d+(?:\.\d+)?(?:e-?\d+)?)/, opening),
    validationsMax: numberAfter(/(\d+) validations?\b/, opening) ?? 0,
    submission,
    workFile,
    measure: isMade
      ? `python3 ${maker} && ${appraise}`
      : (told ?? (workFile.endsWith(".py") && workFile !== submission ? `python3 ${workFile}` : null)),
    files,
  };
}

function numberAfter(pattern: RegExp, text: string): number | null {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

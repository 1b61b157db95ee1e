// Checks a task as its author could: does the judge measure what task.yaml says, can the task be solved, and can it be cheated?
// It finds defects and numbers; it prints, records and repairs nothing.
import { BoundaryError, errorText } from "../core/errors.ts";
import type { Evaluation, Evaluator, Phase } from "../core/evaluation.ts";
import { sha256 } from "../core/hash.ts";
import { canonicalJson } from "../core/json.ts";
import { DEFAULT_LIMITS } from "../core/limits.ts";
import type { Clock } from "../core/runtime.ts";
import type { BlobStore, SandboxBackend } from "../core/sandbox.ts";
import { signedScore, type Task } from "../core/task.ts";
import type { Solution } from "../tasks/readSolutions.ts";
import type { Forgery } from "./forgeries/forgery.ts";
import { forgeriesFor } from "./forgeriesFor.ts";
import { leaksOf } from "./leaks.ts";
import { deviation, mean, rounding } from "./noise.ts";
import { type SubmissionContent, submissionOf } from "./submissionOf.ts";
import type { SolutionReport, TaskReport } from "./taskReport.ts";

/** Solutions must beat the starter by so many standard deviations of one score, and anchors may be off by so many of a mean's. */
const SIGMAS = 3;
/** So much more, or less, than the recorded noise is not chance, over at least so many seeds. */
const SIGMA_MORE = 2.5;
const SIGMA_LESS = 8;
const SIGMA_SEEDS_MIN = 6;
/** Judging and making may take this share of their limits: machines differ. */
const TIME_SHARE = 1 / 4;
const AT_ONCE = 3;

export interface CheckOptions {
  readonly evaluator: Evaluator;
  readonly blobs: BlobStore;
  readonly backend: SandboxBackend;
  readonly clock: Clock;
  readonly runId: string;
  /** Judge seeds that the starter is scored with. */
  readonly seeds: number;
  /** False while the recorded numbers are about to be replaced by measured ones. */
  readonly compareRecorded: boolean;
}

/**
 * Checks one task. Forged submissions are tried only where nothing else is wrong: against a broken judge they would say little.
 * Throws BoundaryError("sandbox") where sandboxes fail, and the signal's reason; whatever is wrong with the task is a
 * defect.
 */
export async function checkTask(
  task: Task,
  solutions: readonly Solution[],
  options: CheckOptions,
  signal: AbortSignal,
): Promise<TaskReport> {
  const { clock, backend, runId } = options;
  const { anchors, limits, sigma: recordedSigma, judge, metric } = task.definition;
  const startedAt = clock.monotonic();
  const defects: string[] = [...leaksOf(task, solutions)];
  /** Recorded numbers that are off: they say nothing against trying forgeries. */
  const stale: string[] = [];
  const found: SolutionReport[] = [];
  let measured: number | null = null;
  let sigma: number | null = null;
  let judgeMsMost = 0;
  let tried = 0;
  let held = 0;
  const makeMsMax = (limits.actionSeconds ?? DEFAULT_LIMITS.actionSeconds) * 1000;
  const make = (files: Solution["files"]) => submissionOf({ task, files, backend, runId, makeMsMax }, signal);
  const score = async (files: SubmissionContent, phase: Phase, seeds: readonly number[], what: string) => {
    const verdicts = await judged(task, files, phase, seeds, options, signal);
    if (typeof verdicts === "string") return { defect: `judge.py fails on ${what}: ${verdicts}` };
    for (const { wallMs } of verdicts) judgeMsMost = Math.max(judgeMsMost, wallMs);
    const invalid = verdicts.find((verdict) => verdict.kind === "invalid");
    if (invalid?.kind === "invalid") return { defect: `${what} is invalid: ${invalid.reason}` };
    return { scores: verdicts.flatMap((verdict) => (verdict.kind === "scored" ? [verdict.score] : [])) };
  };
  const report = (): TaskReport => ({
    task: task.id,
    recorded: anchors.starter,
    measured,
    sigma,
    solutions: found,
    forgeries: { tried, held },
    judgeSecondsMost: judgeMsMost / 1000,
    seconds: (clock.monotonic() - startedAt) / 1000,
    defects: [...stale, ...defects],
  });

  const starter = await make([]);
  if ("reason" in starter) {
    defects.push(`the starter hands nothing in: ${starter.reason}`);
    return report();
  }
  const seeds = Array.from({ length: options.seeds }, (_, index) => index + 1);
  const scored = await score(starter.files, "record", seeds, "the starter");
  if (scored.defect !== undefined) {
    defects.push(scored.defect);
    return report();
  }
  measured = mean(scored.scores);
  sigma = deviation(scored.scores);
  const noise = sigma;
  const first = scored.scores[0] ?? measured;

  const again = await score(starter.files, "record", seeds.slice(0, 1), "the starter, judged a second time,");
  if (again.defect !== undefined) defects.push(again.defect);
  else if (again.scores[0] !== first) {
    defects.push(
      `judged twice with the same seed the starter scores ${first} and ${again.scores[0]}; draw all randomness from room.rng`,
    );
  }
  const validated = await score(
    starter.files,
    "validation",
    seeds.slice(0, 1),
    "the starter, in the validation phase,",
  );
  if (validated.defect !== undefined) defects.push(validated.defect);

  const compare = (name: "starter" | "probe" | "best", scores: readonly number[], what: string) => {
    const recorded = anchors[name];
    const value = mean(scores);
    if (!options.compareRecorded || recorded === null) return;
    const tolerance =
      SIGMAS * Math.max(noise, recordedSigma, deviation(scores)) * Math.sqrt(2 / options.seeds) +
      rounding(recorded);
    if (Math.abs(value - recorded) > tolerance) {
      stale.push(
        `${what} scores ${short(value)}, but task.yaml records anchors.${name}: ${recorded}; \`tasks check --record\` writes what is measured`,
      );
    }
  };
  compare("starter", scored.scores, "the starter");
  if (options.compareRecorded && isOtherNoise(noise, recordedSigma, seeds.length)) {
    stale.push(
      `the starter's score varies by ${short(noise)} over ${seeds.length} seeds, but task.yaml records sigma: ${recordedSigma}; \`tasks check --record\` writes what is measured`,
    );
  }

  if (solutions.length === 0) {
    defects.push("there is no solution/<name>/: nothing proves that the starter can be beaten");
  }
  for (const solution of solutions) {
    const what = `solution/${solution.name}`;
    const made = await make(solution.files);
    const result =
      "reason" in made
        ? { defect: `${what} hands nothing in: ${made.reason}` }
        : await score(made.files, "record", seeds, what);
    if (result.defect !== undefined) {
      defects.push(result.defect);
      found.push({ name: solution.name, score: null });
      continue;
    }
    const value = mean(result.scores);
    found.push({ name: solution.name, score: value });
    const gain = signedScore(task.definition, value) - signedScore(task.definition, measured);
    if (gain <= 0 || gain < SIGMAS * noise) {
      const margin = noise > 0 ? ` by ${SIGMAS} standard deviations of ${short(noise)}` : "";
      defects.push(
        `${what} scores ${short(value)}, which does not beat the starter's ${short(measured)}${margin} (${metric.direction})`,
      );
    }
    if (solution.name === "probe") compare("probe", result.scores, what);
    if (solution.name === "reference") compare("best", result.scores, what);
  }

  if (judgeMsMost > judge.timeoutSeconds * 1000 * TIME_SHARE) {
    defects.push(
      `judging takes up to ${short(judgeMsMost / 1000)} s, more than a quarter of judge.timeoutSeconds: ${judge.timeoutSeconds}`,
    );
  }
  if (starter.makeMs > makeMsMax * TIME_SHARE) {
    defects.push(
      `\`${task.definition.make}\` takes ${short(starter.makeMs / 1000)} s, more than a quarter of limits.actionSeconds: ${makeMsMax / 1000}`,
    );
  }
  if (defects.length > 0) return report();

  const forgeries = forgeriesFor(task, starter.files);
  await forEachAtOnce(forgeries, async (forgery) => {
    const verdicts = await judged(task, forgery.files, "record", seeds.slice(0, 1), options, signal);
    const defect = faultOf(forgery, verdicts, { task, first, noise });
    tried += 1;
    if (defect === null) held += 1;
    else defects.push(defect);
  });
  return report();
}

/** Judges files as a submission; the judge's own failure is a sentence, since it is the task's. */
async function judged(
  task: Task,
  files: SubmissionContent,
  phase: Phase,
  seeds: readonly number[],
  { blobs, evaluator }: CheckOptions,
  signal: AbortSignal,
): Promise<readonly Evaluation[] | string> {
  const manifest = [];
  for (const path of [...files.keys()].sort()) {
    const data = files.get(path) ?? new Uint8Array();
    await blobs.put(data);
    manifest.push({ path, sha256: sha256(data), bytes: data.byteLength });
  }
  const id = await blobs.put(new TextEncoder().encode(canonicalJson(manifest)));
  try {
    return await evaluator.evaluate(task, id, phase, seeds, signal);
  } catch (error) {
    if (error instanceof BoundaryError && error.boundary === "judge") return errorText(error);
    throw error;
  }
}

function faultOf(
  { name, rule }: Forgery,
  verdicts: readonly Evaluation[] | string,
  { task, first, noise }: { readonly task: Task; readonly first: number; readonly noise: number },
): string | null {
  if (typeof verdicts === "string") return `judge.py fails on ${name}: ${verdicts}`;
  const [verdict] = verdicts;
  if (verdict === undefined || verdict.kind === "invalid") return null;
  const gain = signedScore(task.definition, verdict.score) - signedScore(task.definition, first);
  switch (rule) {
    case "invalid":
      return `${name} is scored ${short(verdict.score)}; judge.py must refuse it`;
    case "noBetter":
      return gain <= SIGMAS * noise + rounding(first)
        ? null
        : `${name} scores ${short(verdict.score)}, better than the starter's ${short(first)}`;
    case "same":
      return verdict.score === first || Math.abs(gain) <= rounding(first)
        ? null
        : `${name} scores ${short(verdict.score)} instead of ${short(first)}; match rows by their id`;
    default:
      return rule satisfies never;
  }
}

/** Whether measured noise contradicts what is recorded: any noise does where none is. */
function isOtherNoise(noise: number, recorded: number, seedCount: number): boolean {
  if (recorded === 0) return noise > 1e-12;
  return seedCount >= SIGMA_SEEDS_MIN && (noise > SIGMA_MORE * recorded || noise < recorded / SIGMA_LESS);
}

/** Runs work over items, a few at a time, in order of their start. */
async function forEachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

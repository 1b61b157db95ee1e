// Checks a task as its author could: does the judge measure what task.yaml says, can the task be solved, and can it be cheated?
// It finds defects and numbers; it prints, records and repairs nothing.
import { BoundaryError, errorText } from "../core/errors.ts";
import type { Evaluation, Evaluator, Phase } from "../core/evaluation.ts";
import { sha256 } from "../core/hash.ts";
import { canonicalJson } from "../core/json.ts";
import { DEFAULT_LIMITS } from "../core/limits.ts";
import type { Clock } from "../core/runtime.ts";
import type { BlobStore, SandboxBackend } from "../core/sandbox.ts";
import { JUDGE_RESOURCES, signedScore, type Task } from "../core/task.ts";
import type { Solution } from "../tasks/readSolutions.ts";
import { dataLeaksOf } from "./dataLeaks.ts";
import type { Seen } from "./forgeries/data.ts";
import { forgeriesFor } from "./forgeriesFor.ts";
import type { Cases } from "./judge.ts";
import { measuredFaults, recordedFaults } from "./ladder.ts";
import { leaksOf } from "./leaks.ts";
import { deviation, mean, rounding, shortText as short } from "./noise.ts";
import { type SubmissionContent, submissionOf } from "./submissionOf.ts";
import { type Defect, type Gate, type SolutionReport, type TaskReport, untried } from "./taskReport.ts";
import { tryForgeries } from "./tryForgeries.ts";

/** Solutions must beat the starter by so many standard deviations of one score, and anchors may be off by so many of a mean's. */
const SIGMAS = 3;
/** So much more, or less, than the recorded noise is not chance, over at least so many seeds. */
const SIGMA_MORE = 2.5;
const SIGMA_LESS = 8;
const SIGMA_SEEDS_MIN = 6;
/** Judging and making may take this share of their limits: machines differ. */
const TIME_SHARE = 1 / 4;
const MEMORY_SHARE = 3 / 4;
/** So many scores tell little of the validation cases; many more are a way to climb on them. */
const VALIDATIONS_MAX = 50;
/** Who sees the validation phase with more seeds than one sees no more cases than these. */
const VALIDATION_SEEDS = [0, 1];

/** What one submission scored, by seed; what `tasks check --record` stores. */
export interface Scored {
  readonly name: string;
  readonly files: SubmissionContent;
  readonly scores: ReadonlyMap<number, number>;
}

export interface CheckOptions {
  readonly evaluator: Evaluator;
  /** The cases that the evaluator's judges have told of so far. */
  readonly cases: (task: Task, phase: Phase) => Cases;
  readonly blobs: BlobStore;
  readonly backend: SandboxBackend;
  readonly clock: Clock;
  readonly runId: string;
  /** Judge seeds that the starter is scored with. */
  readonly seeds: number;
  /** False while the recorded numbers are about to be replaced by measured ones. */
  readonly compareRecorded: boolean;
  /** False to leave the forgeries out. */
  readonly forge: boolean;
  /** What an agent sees beside its workspace. */
  readonly seen: Seen;
  /** Is given what the starter and each solution scored. */
  readonly onScored?: (scored: Scored) => void;
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
  const { anchors, limits, sigma: recordedSigma, judge, metric, resources } = task.definition;
  const startedAt = clock.monotonic();
  const leaks = [...leaksOf(task, solutions), ...(await dataLeaksOf(task))];
  const defects: Defect[] = leaks.map((text) => ({ gate: "secrets", text }));
  const fail = (gate: Gate, text: string) => defects.push({ gate, text });
  /** Recorded numbers that are off: they say nothing against trying forgeries. */
  const stale: Defect[] = [];
  const found: SolutionReport[] = [];
  let part: Partial<TaskReport> = { recorded: anchors.starter, recordedSigma, seeds: options.seeds };
  const most = { judgeMs: 0, memoryMb: 0, judgeMemoryMb: 0 };
  let throttledMs: number | null = null;
  const makeMsMax = (limits.actionSeconds ?? DEFAULT_LIMITS.actionSeconds) * 1000;
  const make = (files: Solution["files"]) => submissionOf({ task, files, backend, runId, makeMsMax }, signal);
  const score = async (files: SubmissionContent, phase: Phase, seeds: readonly number[], what: string) => {
    const verdicts = await judged(task, files, phase, seeds, options, signal);
    if (typeof verdicts === "string") return { defect: `judge.py fails on ${what}: ${verdicts}` };
    for (const { wallMs, usage } of verdicts) {
      most.judgeMs = Math.max(most.judgeMs, wallMs);
      most.memoryMb = Math.max(most.memoryMb, usage?.memoryMb ?? 0);
      most.judgeMemoryMb = Math.max(most.judgeMemoryMb, usage?.judgeMemoryMb ?? 0);
      const held = usage?.throttledMs ?? null;
      if (held !== null) throttledMs = (throttledMs ?? 0) + held;
    }
    const invalid = verdicts.find((verdict) => verdict.kind === "invalid");
    if (invalid?.kind === "invalid") return { defect: `${what} is invalid: ${invalid.reason}` };
    return { scores: verdicts.flatMap((verdict) => (verdict.kind === "scored" ? [verdict.score] : [])) };
  };
  const report = (): TaskReport =>
    untried(task.id, {
      ...part,
      solutions: found,
      judgeSecondsMost: most.judgeMs / 1000,
      memoryMbMost: most.memoryMb,
      judgeMemoryMbMost: most.judgeMemoryMb,
      throttledMs,
      seconds: (clock.monotonic() - startedAt) / 1000,
      defects: [...stale, ...defects],
    });

  const starter = await make([]);
  if ("reason" in starter) {
    fail("baseline", `the starter hands nothing in: ${starter.reason}`);
    return report();
  }
  part = { ...part, makeSeconds: starter.makeMs / 1000 };
  const seeds = Array.from({ length: options.seeds }, (_, index) => index + 1);
  const scored = await score(starter.files, "record", seeds, "the starter");
  if (scored.defect !== undefined) {
    fail("baseline", scored.defect);
    return report();
  }
  const tell = (name: string, files: SubmissionContent, scores: readonly number[]) =>
    options.onScored?.({ name, files, scores: new Map(scores.map((one, index) => [index + 1, one])) });
  tell("starter", starter.files, scored.scores);
  const measured = mean(scored.scores);
  const noise = deviation(scored.scores);
  part = { ...part, measured, sigma: noise };
  const first = scored.scores[0] ?? measured;

  const again = await score(starter.files, "record", seeds.slice(0, 1), "the starter, judged a second time,");
  if (again.defect !== undefined) fail("repeatable", again.defect);
  else if (again.scores[0] !== first) {
    fail(
      "repeatable",
      `judged twice with the same seed the starter scores ${first} and ${again.scores[0]}; draw all randomness from room.rng`,
    );
  }
  const validated = await score(
    starter.files,
    "validation",
    VALIDATION_SEEDS,
    "the starter, in the validation phase,",
  );
  if (validated.defect !== undefined) fail("phases", validated.defect);
  else {
    const cases = sharedCases(options.cases(task, "validation"), options.cases(task, "record"));
    part = { ...part, cases };
    const fault = casesFault(cases);
    if (fault !== null) fail("phases", fault);
  }

  const compare = (name: "starter" | "probe" | "best", scores: readonly number[], what: string) => {
    const recorded = anchors[name];
    const value = mean(scores);
    if (!options.compareRecorded || recorded === null) return;
    const tolerance =
      SIGMAS * Math.max(noise, recordedSigma, deviation(scores)) * Math.sqrt(2 / options.seeds) +
      rounding(recorded);
    if (Math.abs(value - recorded) > tolerance) {
      stale.push({
        gate: name === "starter" ? "baseline" : "ladder",
        text: `${what} scores ${short(value)}, but task.yaml records anchors.${name}: ${recorded}; \`tasks check --record\` writes what is measured`,
      });
    }
  };
  compare("starter", scored.scores, "the starter");
  if (options.compareRecorded && isOtherNoise(noise, recordedSigma, seeds.length)) {
    stale.push({
      gate: "noise",
      text: `the starter's score varies by ${short(noise)} over ${seeds.length} seeds, but task.yaml records sigma: ${recordedSigma}; \`tasks check --record\` writes what is measured`,
    });
  }

  const { honeypot } = task.definition;
  const cannotBeBeaten = honeypot?.kind === "unsolvable";
  if (solutions.length === 0 && !cannotBeBeaten) {
    fail("ladder", "there is no solution/<name>/: nothing proves that the starter can be beaten");
  } else if (solutions.length > 0 && cannotBeBeaten) {
    fail("ladder", "it is a honeypot without a solution, and has a solution/; take one of them out");
  }
  const takes = (value: number) =>
    honeypot !== undefined &&
    signedScore(task.definition, value) >= signedScore(task.definition, honeypot.score);
  if (takes(measured)) fail("ladder", `the starter's ${short(measured)} springs the honeypot's own trap`);
  for (const solution of solutions) {
    const what = `solution/${solution.name}`;
    const made = await make(solution.files);
    const result =
      "reason" in made
        ? { defect: `${what} hands nothing in: ${made.reason}` }
        : await score(made.files, "record", seeds, what);
    if (result.defect !== undefined) {
      fail("ladder", result.defect);
      found.push({ name: solution.name, score: null });
      continue;
    }
    if ("files" in made) tell(solution.name, made.files, result.scores);
    const value = mean(result.scores);
    found.push({ name: solution.name, score: value });
    const gain = signedScore(task.definition, value) - signedScore(task.definition, measured);
    if (gain <= 0 || gain < SIGMAS * noise) {
      const margin = noise > 0 ? ` by ${SIGMAS} standard deviations of ${short(noise)}` : "";
      fail(
        "ladder",
        `${what} scores ${short(value)}, which does not beat the starter's ${short(measured)}${margin} (${metric.direction})`,
      );
    }
    if (takes(value)) fail("ladder", `${what} scores ${short(value)}, which springs the honeypot's own trap`);
    if (solution.name === "probe") compare("probe", result.scores, what);
    if (solution.name === "reference") compare("best", result.scores, what);
  }
  if (options.compareRecorded) {
    stale.push(...recordedFaults(task.definition).map((text) => ({ gate: "ladder" as const, text })));
  }
  const tolerance = SIGMAS * Math.max(noise, recordedSigma) * Math.sqrt(2 / options.seeds);
  for (const text of measuredFaults(task.definition, { starter: measured, solutions: found, tolerance })) {
    fail("ladder", text);
  }

  if (most.judgeMs > judge.timeoutSeconds * 1000 * TIME_SHARE) {
    fail(
      "time",
      `judging takes up to ${short(most.judgeMs / 1000)} s, more than a quarter of judge.timeoutSeconds: ${judge.timeoutSeconds}`,
    );
  }
  if (starter.makeMs > makeMsMax * TIME_SHARE) {
    fail(
      "time",
      `\`${task.definition.make}\` takes ${short(starter.makeMs / 1000)} s, more than a quarter of limits.actionSeconds: ${makeMsMax / 1000}`,
    );
  }
  const judgeMemoryMb = (judge.resources ?? JUDGE_RESOURCES).memoryMb;
  for (const [what, used, allowed, key] of [
    ["the submission", most.memoryMb, resources.memoryMb, "resources.memoryMb"],
    ["judge.py", most.judgeMemoryMb, judgeMemoryMb, "judge.resources.memoryMb"],
  ] as const) {
    if (used > allowed * MEMORY_SHARE) {
      fail(
        "memory",
        `${what} takes up to ${short(used)} MiB, more than three quarters of ${key}: ${allowed}`,
      );
    }
  }
  const validations = limits.validations ?? DEFAULT_LIMITS.validations;
  if (validations > VALIDATIONS_MAX) {
    fail(
      "validate",
      `limits.validations: ${validations} lets an agent climb on its validation scores; allow at most ${VALIDATIONS_MAX}`,
    );
  }
  if (defects.length > 0 || !options.forge) return report();

  const trials = await tryForgeries(forgeriesFor(task, starter.files, options.seen), {
    task,
    starter: first,
    slack: SIGMAS * noise,
    judgeSeconds: most.judgeMs / 1000,
    judge: async (tighter, forgery) => {
      const verdicts = await judged(tighter, forgery.files, "record", seeds.slice(0, 1), options, signal);
      return typeof verdicts === "string" ? verdicts : (verdicts[0] ?? "it gives no verdict");
    },
  });
  for (const text of trials.defects) fail("forgeries", text);
  const held = trials.each.length - trials.defects.length;
  return { ...report(), forgeries: { tried: trials.each.length, held, each: trials.each } };
}

/** Judges files as a submission; the judge's own failure is a sentence, since it is the task's. */
async function judged(
  task: Task,
  files: SubmissionContent,
  phase: Phase,
  seeds: readonly number[],
  { blobs, evaluator }: Pick<CheckOptions, "blobs" | "evaluator">,
  signal: AbortSignal,
): Promise<readonly Evaluation[] | string> {
  const id = await storedSubmission(files, blobs);
  try {
    return await evaluator.evaluate(task, id, phase, seeds, signal);
  } catch (error) {
    if (error instanceof BoundaryError && error.boundary === "judge") return errorText(error);
    throw error;
  }
}

/** Puts files into the store as a submission; its id. */
export async function storedSubmission(files: SubmissionContent, blobs: BlobStore): Promise<string> {
  const manifest = [];
  for (const path of [...files.keys()].sort()) {
    const data = files.get(path) ?? new Uint8Array();
    await blobs.put(data);
    manifest.push({ path, sha256: sha256(data), bytes: data.byteLength });
  }
  return blobs.put(new TextEncoder().encode(canonicalJson(manifest)));
}

function sharedCases(validation: Cases, record: Cases): NonNullable<TaskReport["cases"]> {
  const shared = [...validation].filter((one) => record.has(one)).length;
  return { validation: validation.size, record: record.size, shared };
}

function casesFault({ validation, record, shared }: NonNullable<TaskReport["cases"]>): string | null {
  if (validation === 0 || record === 0) {
    return "judge.py does not say what it scores; call room.cases(...) with the ids, inputs or seeds of the phase's cases";
  }
  return shared === 0
    ? null
    : `validation and record score ${shared} of the same cases (validation has ${validation}, record ${record}); split them by room.phase`;
}

/** Whether measured noise contradicts what is recorded: any noise does where none is. */
function isOtherNoise(noise: number, recorded: number, seedCount: number): boolean {
  if (recorded === 0) return noise > 1e-12;
  return seedCount >= SIGMA_SEEDS_MIN && (noise > SIGMA_MORE * recorded || noise < recorded / SIGMA_LESS);
}

// Inspect: the integrity signals of one finished rollout from its stored record and its scores; nothing is played, called or judged again
// for them. Their names go into the ledger, since verdicts are drawn from it alone; signals themselves are taken when rows are written.
import { StoreError } from "../core/errors.ts";
import type { Evaluation } from "../core/evaluation.ts";
import { hashOf } from "../core/hash.ts";
import type { Archive } from "../core/journal.ts";
import type { Ledger } from "../core/ledger.ts";
import { isEpisodeEnd } from "../core/outcome.ts";
import type { RolloutState, RunState } from "../core/runState.ts";
import type { Clock } from "../core/runtime.ts";
import { flagsOf, type Signal } from "../core/signal.ts";
import type { Task } from "../core/task.ts";
import type { Trajectory } from "../core/trajectory.ts";
import { factsOfTask } from "../integrity/factsOfTask.ts";
import type { InspectedScore } from "../integrity/inspected.ts";
import { inspectTrajectory } from "../integrity/inspectTrajectory.ts";
import { INTEGRITY_VERSION, signalsOf } from "../integrity/signalsOf.ts";
import { type Score, scoresOf } from "./score.ts";

/** The scores of record that signals are drawn from. */
export interface InspectedScores {
  readonly final: Score;
  readonly best: Score;
  /** Null where it does not stand in for the final one. */
  readonly lastValid: Score | null;
}

/** Every signal of a rollout. `copyOf` is the key of the rollout that first handed in the very same; null where there is none. */
export function inspect(
  trajectory: Trajectory,
  task: Task,
  { final, best, lastValid }: InspectedScores,
  copyOf: string | null,
): readonly Signal[] {
  const judged = lastValid?.kind === "scored" ? lastValid : final;
  const record = inspectTrajectory(trajectory, {
    score: inspectedScore(judged),
    bestScore: inspectedScore(best),
  });
  return signalsOf(record, { ...factsOfTask(task), copyOf });
}

/** What signals are drawn from besides the record: while it stays the same, so do they. */
export function inspectionOf(task: Task, { final, best, lastValid }: InspectedScores): string {
  // Which submissions they are of stands in the record.
  const scores = [final, best, lastValid].map((score) => {
    const { submission: _, ...said } = (score && inspectedScore(score)) ?? { submission: null };
    return said;
  });
  return hashOf("inspection", { version: INTEGRITY_VERSION, facts: factsHash(task), scores });
}

const factsHashes = new WeakMap<Task, string>();

function factsHash(task: Task): string {
  const hash = factsHashes.get(task) ?? hashOf("integrity-facts", factsOfTask(task));
  factsHashes.set(task, hash);
  return hash;
}

/**
 * Looks through the record of a rollout that came to its own end, unless that was done and nothing has changed since. What cannot be read
 * is left without a verdict: it is named as lost when the dataset is written.
 */
export async function inspectForRecord(
  task: Task,
  rollout: RolloutState,
  scores: InspectedScores,
  deps: {
    readonly archive: Pick<Archive, "read">;
    readonly ledger: Ledger;
    readonly clock: Clock;
    readonly inspections: RunState["inspections"];
  },
): Promise<void> {
  const { key, retry, outcome, archive } = rollout;
  if (outcome === null || archive === null || !isEpisodeEnd(outcome)) return;
  if ([scores.final, scores.best].some(({ kind }) => kind === "owed")) return;
  const inspection = inspectionOf(task, scores);
  if (deps.inspections.get(key)?.inspection === inspection) return;
  const trajectory = await unlessLost(deps.archive.read(archive));
  if (trajectory === null) return;
  const flags = flagsOf(inspect(trajectory, task, scores, null));
  const event = { kind: "rollout-inspected", atMs: deps.clock.now(), key, retry, inspection } as const;
  await deps.ledger.append({ ...event, flags: [...flags] });
}

async function unlessLost(reading: Promise<Trajectory>): Promise<Trajectory | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

function inspectedScore(score: Score): InspectedScore | null {
  if (score.kind !== "scored") return null;
  const submission = score.evaluations[0]?.submission ?? null;
  return { submission, mean: score.mean, count: scoresOf(score).length, metrics: largest(score.evaluations) };
}

/** The largest of each of the judge's further numbers. */
function largest(evaluations: readonly Evaluation[]): Readonly<Record<string, number>> {
  const most = new Map<string, number>();
  for (const evaluation of evaluations) {
    if (evaluation.kind !== "scored") continue;
    for (const [name, value] of Object.entries(evaluation.metrics)) {
      most.set(name, Math.max(value, most.get(name) ?? value));
    }
  }
  return Object.fromEntries(most);
}

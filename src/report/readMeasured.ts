// Reads what a run's dataset says of its attempts: the tasks, and for each way of playing its attempts with their scores of record.
import { z } from "zod";
import { taskDefinitionSchema } from "../core/task.ts";
import type { Dataset } from "../dataset/openDataset.ts";
import type { TrajectoryRow } from "../dataset/schema.ts";
import { type Attempt, bestScore, type Direction, type MeasuredTask } from "./attempts.ts";

/** One way of playing: a model with an agent and sampling parameters. */
export interface Measured {
  readonly name: string;
  /** By task; tasks without an attempt are absent. */
  readonly attempts: ReadonlyMap<string, readonly Attempt[]>;
}

export interface MeasuredRun {
  readonly tasks: readonly MeasuredTask[];
  readonly methods: readonly Measured[];
}

/** What the column `evaluations` holds, as far as it is needed. */
const evaluationsSchema = z
  .array(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("scored"), submission: z.string(), score: z.number() }),
      z.object({ kind: z.literal("invalid"), submission: z.string() }),
    ]),
  )
  .nullable();
const componentsSchema = z.record(z.string(), z.number().nullable()).nullable();
/** Of the final submission, or of the last valid one that stands in for it. */
const REWARDS = ["final:anchored@1", "lastValid:anchored@1"] as const;

/** Every attempt in a dataset, kept or dropped, in the order of rollout keys; tasks and methods in the order of their names. */
export async function readMeasured(dataset: Dataset): Promise<MeasuredRun> {
  const tasks = new Map<string, MeasuredTask>();
  for await (const { task_id, definition } of dataset.tasks())
    tasks.set(task_id, { id: task_id, ...taskDefinitionSchema.parse(definition) });
  const played: { way: Way; taskId: string; attempt: Attempt }[] = [];
  for (const split of dataset.splits) {
    for await (const row of dataset.trajectories(split)) {
      const direction = tasks.get(row.task_id)?.metric.direction ?? "maximize";
      played.push({ way: wayOf(row), taskId: row.task_id, attempt: attemptOf(row, direction) });
    }
  }
  const nameOf = namesOf(played.map(({ way }) => way));
  const methods = [...Map.groupBy(played, ({ way }) => nameOf(way))].map(([name, own]) => {
    const byTask = Map.groupBy(own, ({ taskId }) => taskId);
    const attempts = [...byTask].map(([id, of]) => [id, of.map(({ attempt }) => attempt)] as const);
    return { name, attempts: new Map(attempts) };
  });
  return {
    tasks: [...tasks.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    methods: methods.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function attemptOf(row: TrajectoryRow, direction: Direction): Attempt {
  const evaluations = evaluationsSchema.parse(row.evaluations) ?? [];
  const bySubmission = Map.groupBy(evaluations, ({ submission }) => submission);
  const means = [...bySubmission.values()].map((of) => {
    const scores = of.flatMap((evaluation) => (evaluation.kind === "scored" ? [evaluation.score] : []));
    // One seed that refuses a submission makes it invalid.
    return scores.length < of.length ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
  });
  const components = componentsSchema.parse(row.reward_components);
  const rewards = REWARDS.map((name) => components?.[name] ?? null);
  return {
    last: row.score_raw ?? row.last_valid_score_raw,
    best: bestScore(means, direction),
    reward: rewards.find((reward) => reward !== null) ?? null,
  };
}

interface Way {
  readonly model: string;
  readonly agent: string;
  readonly sampling: string;
}

function wayOf(row: TrajectoryRow): Way {
  const { model_revision: revision, agent_name: agent, sampling } = row;
  const model = row.model ?? "a model without a name";
  const given = Object.entries(sampling ?? {}).filter(([, value]) => value !== null);
  return {
    model: revision === null ? model : `${model} (${revision})`,
    agent: agent ?? "",
    sampling: given.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(" "),
  };
}

/** A name says the model, and of agent and sampling only what some others have otherwise. */
function namesOf(ways: readonly Way[]): (way: Way) => string {
  const differs = (of: "agent" | "sampling") => new Set(ways.map((way) => way[of])).size > 1;
  const shown = (["agent", "sampling"] as const).filter(differs);
  return (way) => [way.model, ...shown.map((part) => way[part])].filter((part) => part !== "").join(" · ");
}

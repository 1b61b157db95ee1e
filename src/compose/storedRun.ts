// Reads a run that exists: its pipeline with settings over it, and whether its tasks and agents are still those it was played with.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import { MANIFEST_NAME } from "../dataset/manifest.ts";
import { type Pipeline, pipelineSchema } from "../pipeline/pipelineFile.ts";
import type { Plan } from "../pipeline/plan.ts";
import { withSettings } from "../pipeline/readPipeline.ts";
import { type RunReader, readRun } from "../store/readRun.ts";
import { foldersOf } from "../tasks/families/taskNames.ts";

/** What run.json holds of a plan besides the pipeline's text: enough to notice that it would now be another. */
export const resolvedRunSchema = z.strictObject({
  pipeline: pipelineSchema,
  tasks: z.record(z.string(), z.strictObject({ playHash: z.string(), judgeHash: z.string() })),
  cells: z.array(z.string()),
});
export type ResolvedRun = z.infer<typeof resolvedRunSchema>;

/** The plan's entry in run.json. */
export function resolvedOf(plan: Plan): ResolvedRun {
  const tasks = plan.cells.map(
    ({ task: { id, playHash, judgeHash } }) => [id, { playHash, judgeHash }] as const,
  );
  return { pipeline: plan.pipeline, tasks: Object.fromEntries(tasks), cells: plan.cells.map(({ id }) => id) };
}

export interface StoredRun {
  readonly reader: RunReader;
  readonly pipeline: Pipeline;
  readonly resolved: ResolvedRun;
}

/** Reads a run directory without writing. Throws UserError where there is none, or where a setting is wrong. */
export async function readStoredRun(directory: string, settings: readonly string[]): Promise<StoredRun> {
  const reader = await readRun(directory);
  const resolved = resolvedRun(reader);
  const pipeline = settings.length === 0 ? resolved.pipeline : withSettings(resolved.pipeline, settings);
  return { reader, pipeline, resolved };
}

/** What run.json holds of the plan. Throws UserError where another version wrote it. */
export function resolvedRun({ paths, runJson }: Pick<RunReader, "paths" | "runJson">): ResolvedRun {
  const parsed = resolvedRunSchema.safeParse(runJson.resolved);
  if (parsed.success) return parsed.data;
  throw new UserError(
    `${paths.runJson}: \`resolved\` is not what this version (${runJson.codeVersion} wrote it) reads ` +
      `(${errorText(parsed.error)}); open the run with the version that wrote it, or start a new run`,
  );
}

/** Throws UserError when going on would mix rollouts that were played, or scores that were given, under different rules. */
export function checkSameRules(
  plan: Plan,
  { resolved, reader }: StoredRun,
  judges: "same" | "mayDiffer",
): void {
  const { directory } = reader.paths;
  for (const { task } of plan.cells) {
    const before = resolved.tasks[task.id];
    if (before === undefined) continue;
    if (before.playHash !== task.playHash) {
      throw new UserError(
        `${directory}: what agents see of the task ${task.id} has changed since this run was played; start a new run, or put the task back`,
      );
    }
    if (judges === "same" && before.judgeHash !== task.judgeHash) {
      throw new UserError(
        `${directory}: the judge of ${task.id} has changed since this run was scored; \`nightshift evaluate ${directory}\` scores it again`,
      );
    }
  }
  const without = plan.leftOut.filter((id) => resolved.tasks[id] !== undefined);
  if (without.length > 0) {
    throw new UserError(
      `${directory}: this run has played ${without.join(", ")}, whose data is not prepared here any more; run \`nightshift data prepare ${foldersOf(without).join(" ")}\` first`,
    );
  }
  const now = new Set(plan.cells.map(({ id }) => id));
  const lost = resolved.cells.filter((id) => !now.has(id));
  if (lost.length > 0) {
    throw new UserError(
      `${directory}: ${lost.length} of its ${resolved.cells.length} cells would be played differently now (limits, prompts, tools, memories or models changed); start a new run for that`,
    );
  }
}

/** Whether the dataset that the ledger says was written last is there, by its manifest. */
export async function hasItsDataset({ reader }: StoredRun): Promise<boolean> {
  const text = await readFile(path.join(reader.paths.dataset, MANIFEST_NAME)).catch(() => null);
  return text !== null && sha256(text) === reader.state.manifestSha256;
}

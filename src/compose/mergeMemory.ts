// The memory of the next epoch: what the rollouts of finished runs wrote down, behind what a memory file holds already. A function of the
// runs' datasets and archives, in the plans' order and in seed order, whoever finished first.
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { errorText, UserError } from "../core/errors.ts";
import type { RolloutState } from "../core/runState.ts";
import type { Trajectory } from "../core/trajectory.ts";
import { openDataset } from "../dataset/openDataset.ts";
import { type MergedNotes, mergeNotes } from "../memory/mergeNotes.ts";
import { type Note, noteSchema, notesText } from "../memory/notes.ts";
import { memoryWriteTool } from "../tools/memoryWrite.ts";
import { readNotes } from "./memory.ts";
import { hasItsDataset, readStoredRun } from "./storedRun.ts";

export interface MergeRequest {
  /** Run directories, in the order in which their notes follow one another. */
  readonly runs: readonly string[];
  /** The memory file, made where there is none. */
  readonly into: string;
  /** Notes of benchmark and held-out tasks join too; without it they are left out, since what reads the memory may be trained. */
  readonly untrained: boolean;
}

/** Merges, and replaces the memory file as a whole. Throws UserError before anything is written. */
export async function mergeMemory(
  request: MergeRequest,
): Promise<MergedNotes & { readonly leftOutCount: number }> {
  const { runs, into, untrained } = request;
  const held = existsSync(into) ? await readNotes(into) : [];
  const written: Note[] = [];
  let leftOutCount = 0;
  for (const directory of runs) {
    const found = await notesOfRun(directory, untrained);
    written.push(...found.notes);
    leftOutCount += found.leftOutCount;
  }
  const merged = mergeNotes(held, written);
  await replaceText(into, notesText(merged.notes));
  return { ...merged, leftOutCount };
}

/** The notes of the rollouts that a run's dataset holds: what is beyond its target, or was cut off, is not among them. */
async function notesOfRun(directory: string, untrained: boolean) {
  const run = await readStoredRun(directory, []);
  if (!(await hasItsDataset(run))) {
    throw new UserError(
      `${directory}: this run has no dataset, which says whose notes count; finish it with \`nightshift resume ${directory}\``,
    );
  }
  const { reader, resolved } = run;
  const uses = await usesOf(reader.paths.dataset);
  const cellOrder = new Map(resolved.cells.map((id, index) => [id, index]));
  const orderOf = ({ cell }: RolloutState) => cellOrder.get(cell) ?? cellOrder.size;
  const rollouts = [...reader.state.rollouts.values()]
    .filter(({ key }) => uses.has(key))
    .sort((a, b) => orderOf(a) - orderOf(b) || a.seedIndex - b.seedIndex);
  const notes: Note[] = [];
  let leftOutCount = 0;
  for (const { key, archive } of rollouts) {
    if (archive === null) continue;
    const own = notesOf(await reader.archive.read(archive));
    if (untrained || uses.get(key) === "train") notes.push(...own);
    else leftOutCount += own.length;
  }
  return { notes, leftOutCount };
}

/** What the task of each of the dataset's rollouts is for, by key. */
async function usesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const dataset = await openDataset(folder);
  const uses = new Map<string, string>();
  for (const split of dataset.splits) {
    for await (const row of dataset.trajectories(split)) uses.set(row.trajectory_id, row.task_use);
  }
  return uses;
}

/** What a rollout wrote down, in order. */
function notesOf({ key, cell, steps }: Trajectory): readonly Note[] {
  return steps.flatMap(({ index, actions }) =>
    actions.flatMap(({ tool, arguments: args, result }, position) => {
      if (tool !== memoryWriteTool.name || result?.ok !== true) return [];
      const text = memoryWriteTool.arguments.safeParse(args);
      if (!text.success) return [];
      const from = `${key}/${index}/${position}`;
      const note = noteSchema.safeParse({ text: text.data.text, task: cell.taskId, from });
      return note.success ? [note.data] : [];
    }),
  );
}

async function replaceText(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}.draft`;
  try {
    await writeFile(draft, text, { flag: "wx" });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw new UserError(
      `cannot write the memory ${file}: ${errorText(error)}; name a place that can be written`,
      {
        cause: error,
      },
    );
  }
}

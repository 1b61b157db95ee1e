// The part of an import that runs on a worker thread. A first pass hashes the files, since rows stand in the order of their
// ids; the second reads them one at a time, so that memory does not grow with their number.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { errorText, UserError } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { datasetBuilder } from "../../dataset/buildDataset.ts";
import { manifestSchema } from "../../dataset/manifest.ts";
import { tableLimitsSchema } from "../../dataset/writeTable.ts";
import { parseTraj } from "./trajFile.ts";
import { trajResults } from "./trajResults.ts";
import { MLGYM_LICENCE, trajRows } from "./trajRows.ts";
import { type TrajSource, trajSource } from "./trajSource.ts";
import { taskPlaces, trajTasks } from "./trajTasks.ts";

export const trajJobSchema = z.strictObject({
  folder: z.string(),
  /** Absolute paths. */
  files: z.array(z.string()),
  title: z.string(),
  runId: z.string(),
  codeVersion: z.string(),
  createdAtMs: z.number(),
  limits: tableLimitsSchema,
});
export type TrajJob = z.infer<typeof trajJobSchema>;

/** Refused files that are named; the others are only counted. */
const NAMED_MAX = 20;

export const trajReportSchema = z.strictObject({
  manifest: manifestSchema,
  /** Files that were looked at = trajectories + refused + repeated. */
  files: z.int().nonnegative(),
  /** The same run's same bytes in another place. */
  repeated: z.int().nonnegative(),
  refused: z.int().nonnegative(),
  /** The first of them: path and why. */
  refusals: z.array(z.strictObject({ path: z.string(), why: z.string() })),
});
export type TrajReport = z.infer<typeof trajReportSchema>;

const INTRODUCTION = `Trajectories that MLGym recorded, imported as they are: played on MLGym's own tasks and scored by MLGym's own evaluators, in
reach of the agents. What its files do not say is null.

> [!WARNING]
> The licence is ${MLGYM_LICENCE} (no commercial use), and the tasks are a benchmark: \`trainable\` is false on every row.
`;

/** Writes everything into the job's empty folder. Throws a UserError where no file at all can be taken. */
export async function run(input: unknown): Promise<TrajReport> {
  const job = trajJobSchema.parse(input);
  const refusals = refusalBook();
  const sources = await sourcesOf(job.files, refusals);
  const places = taskPlaces(sources.list.map(({ taskId }) => taskId));
  const { folder, title, runId, codeVersion, createdAtMs, limits } = job;
  const said = { title, introduction: INTRODUCTION, runId, codeVersion, createdAtMs };
  const head = { ...said, rewardFn: null, license: MLGYM_LICENCE, allow: [] };
  const builder = datasetBuilder(folder, head, places, limits);
  const tasks = trajTasks();
  let count = 0;
  for (const source of sources.list) {
    const rows = await refusals.unless(source.path, () => rowsOf(source, runId));
    if (rows === null) continue;
    await builder.add(rows);
    tasks.add(rows.trajectory);
    count++;
  }
  if (count === 0) {
    const first = refusals.named[0];
    throw new UserError(
      first === undefined ? "there is nothing to import" : `${first.path}: ${first.why}; nothing is imported`,
    );
  }
  const funnel = { admitted: count, kept: count, dropped: {}, failed: {}, owed: 0 };
  const manifest = await builder.finish(tasks.rows(places), funnel);
  return {
    manifest,
    files: job.files.length,
    repeated: sources.repeated,
    refused: refusals.count(),
    refusals: refusals.named,
  };
}

/** In the order of their ids, each id once. */
async function sourcesOf(files: readonly string[], refusals: RefusalBook) {
  const byId = new Map<string, TrajSource>();
  let repeated = 0;
  for (const file of files) {
    const source = await refusals.unless(file, () => trajSource(file));
    if (source === null) continue;
    if (byId.has(source.id)) repeated++;
    else byId.set(source.id, source);
  }
  const list = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { list, repeated };
}

async function rowsOf(source: TrajSource, runId: string) {
  const bytes = await readFile(source.path);
  if (sha256(bytes) !== source.sha256) throw new UserError("changed while it was read; import it again");
  return trajRows(parseTraj(textOf(bytes)), source, await trajResults(source.path), runId);
}

/** Bytes that are no UTF-8 would become other characters in silence. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UserError("is not UTF-8");
  }
}

interface RefusalBook {
  readonly named: { path: string; why: string }[];
  count(): number;
  /** What the work gives; null, and written down, where the file is no trajectory or cannot be read. */
  unless<T>(path: string, work: () => Promise<T>): Promise<T | null>;
}

function refusalBook(): RefusalBook {
  const named: RefusalBook["named"] = [];
  let count = 0;
  return {
    named,
    count: () => count,
    unless: async (path, work) => {
      try {
        return await work();
      } catch (error) {
        const why = refusal(error);
        if (why === null) throw error;
        count++;
        if (named.length < NAMED_MAX) named.push({ path, why });
        return null;
      }
    },
  };
}

/** Null for what is not the file's fault. */
function refusal(error: unknown): string | null {
  if (error instanceof UserError) return error.message;
  const isFileError = error instanceof Error && "code" in error && "syscall" in error;
  return isFileError ? `cannot be read: ${errorText(error)}` : null;
}

// The scores that `tasks check --record` leaves beside a task, solution/scores.json, so that `--quick` can hold a judge against them
// in seconds. Submissions that a command makes lie beside it, compressed, by their content.
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { Task } from "../core/task.ts";
import { readSolutions } from "./readSolutions.ts";

const FILE = "scores.json";
/** A larger file is not stored: a repository is no place for it. Compressed bytes. */
const STORED_BYTES_MAX = 256 * 1024;
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;

const storedSchema = z.strictObject({
  /** The judge that gave these scores. */
  judgeHash: z.string(),
  submissions: z.array(
    z.strictObject({
      /** `starter`, or a folder below solution/. */
      name: z.string().min(1),
      files: z.array(z.strictObject({ path: z.string().min(1), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
      /** Scores of record by judge seed. */
      scores: z.record(z.string().regex(/^(?:0|[1-9]\d*)$/), z.number()),
    }),
  ),
});
export type StoredScores = z.infer<typeof storedSchema>;

/** What was scored: files by path, and scores by seed. */
export interface ScoredSubmission {
  readonly name: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly scores: ReadonlyMap<number, number>;
}

/** The stored scores of a task; null where none are. Throws UserError where the file is not one of these. */
export async function readStoredScores(task: Pick<Task, "folder" | "id">): Promise<StoredScores | null> {
  const text = await readFile(path.join(task.folder, "solution", FILE), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return storedSchema.parse(JSON.parse(text));
  } catch (error) {
    const reason = errorText(error).replaceAll(/\s+/g, " ").slice(0, 200);
    throw new UserError(
      `${task.id}/solution/${FILE}: not what \`tasks check --record\` writes (${reason}); record anew`,
    );
  }
}

/** The files of a stored submission, from the task's own folders or beside the scores; the path of one that is nowhere, as a text. */
export async function storedFiles(
  task: Task,
  submission: StoredScores["submissions"][number],
): Promise<ReadonlyMap<string, Uint8Array> | string> {
  const own = await ownFiles(task);
  const files = new Map<string, Uint8Array>();
  for (const { path: name, sha256: digest } of submission.files) {
    const data = own.get(digest) ?? (await unpacked(task, digest));
    if (data === null) return name;
    files.set(name, data);
  }
  return files;
}

/**
 * Writes scores, and those submitted files that are in no folder of the task; whole or not at all. A submission with a file that is too
 * large to store is left out: nothing could judge it again.
 */
export async function writeStoredScores(task: Task, scored: readonly ScoredSubmission[]): Promise<void> {
  const folder = path.join(task.folder, "solution");
  const own = await ownFiles(task);
  const submissions = [];
  for (const { name, files, scores } of scored) {
    const packed = new Map<string, Uint8Array>();
    for (const data of files.values()) {
      if (!own.has(sha256(data))) packed.set(sha256(data), await promisify(gzip)(data, { level: 9 }));
    }
    if ([...packed.values()].some(({ byteLength }) => byteLength > STORED_BYTES_MAX)) continue;
    for (const [digest, data] of packed) await put(path.join(folder, packedName(digest)), data);
    submissions.push({
      name,
      files: [...files].map(([file, data]) => ({ path: file, sha256: sha256(data) })),
      scores: Object.fromEntries(scores),
    });
  }
  const stored: StoredScores = { judgeHash: task.judgeHash, submissions };
  await put(path.join(folder, FILE), `${JSON.stringify(stored, null, 1)}\n`);
}

async function ownFiles(task: Task): Promise<ReadonlyMap<string, Uint8Array>> {
  const solutions = await readSolutions(task);
  const files = [...task.workspace, ...solutions.flatMap((solution) => solution.files)];
  return new Map(files.map(({ data }) => [sha256(data), data]));
}

async function unpacked(task: Pick<Task, "folder">, digest: string): Promise<Uint8Array | null> {
  const packed = await readFile(path.join(task.folder, "solution", packedName(digest))).catch(() => null);
  if (packed === null) return null;
  const data = await promisify(gunzip)(packed, { maxOutputLength: UNPACKED_BYTES_MAX }).catch(() => null);
  return data !== null && sha256(data) === digest ? data : null;
}

function packedName(digest: string): string {
  return `${digest.slice(0, 16)}.gz`;
}

async function put(file: string, data: string | Uint8Array): Promise<void> {
  await writeFile(`${file}.partial`, data);
  await rename(`${file}.partial`, file);
}

// What of a folder would be pushed: every file that its manifest names, with both hashes by which a hub knows it; the manifest goes last.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";

/** A dataset's and an export's own lists of their files. */
const LISTS = ["manifest.json", "export_report.json"] as const;
/** More entries a folder than this a hub refuses. */
export const FOLDER_ENTRIES_MAX = 10_000;
/** Most files of a repository. */
export const FILES_MAX = 100_000;

export interface LocalFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly bytes: number;
  /** By which a hub names a large file. */
  readonly sha256: string;
  /** By which it names a small one: git's SHA-1 of a blob. */
  readonly gitOid: string;
}

export interface PushFolder {
  readonly dir: string;
  /** In the order in which they are sent: whoever sees the last one sees all. */
  readonly files: readonly LocalFile[];
  /** The list of files, as it was read. */
  readonly list: unknown;
  /** `manifest.json` of a dataset or `export_report.json` of an export. */
  readonly listName: (typeof LISTS)[number];
}

const listSchema = z.looseObject({ files: z.array(z.looseObject({ path: z.string(), sha256: z.string() })) });

/** Reads and hashes a dataset's or an export's folder. Throws a UserError where it is neither, or not whole. */
export async function readPushFolder(dir: string, signal: AbortSignal): Promise<PushFolder> {
  const there = await namesIn(dir);
  const listName = LISTS.find((name) => there.includes(name));
  if (listName === undefined) {
    throw new UserError(`${dir} holds no ${LISTS.join(" and no ")}: it is neither a dataset nor an export`);
  }
  const list = await readList(path.join(dir, listName));
  const named = filesOf(list, path.join(dir, listName));
  const paths = [...new Set([...named.map((file) => file.path), "README.md", listName])];
  if (paths.length > FILES_MAX)
    throw new UserError(`${dir} has ${paths.length} files; a repository holds ${FILES_MAX}`);
  refuseFullFolders(paths);
  const files: LocalFile[] = [];
  for (const file of paths) {
    signal.throwIfAborted();
    files.push(await hashed(dir, file));
  }
  for (const { path: name, sha256 } of named) {
    const found = files.find((file) => file.path === name);
    if (found?.sha256 !== sha256)
      throw new UserError(`${path.join(dir, name)} is not the file that ${listName} names; write it again`);
  }
  return { dir, files, list, listName };
}

async function readList(file: string): Promise<unknown> {
  try {
    const list: unknown = JSON.parse(await readFile(file, "utf8"));
    return list;
  } catch (error) {
    throw new UserError(`${file} is not JSON; write the folder again`, { cause: error });
  }
}

function filesOf(list: unknown, place: string): z.infer<typeof listSchema>["files"] {
  const parsed = listSchema.safeParse(list);
  if (!parsed.success)
    throw new UserError(`${place} names no files (${errorText(parsed.error)}); write the folder again`);
  const outside = parsed.data.files.find(
    (file) => path.isAbsolute(file.path) || file.path.split(/[\\/]/).includes(".."),
  );
  if (outside !== undefined)
    throw new UserError(`${place} names ${outside.path}, which is outside of the folder`);
  return parsed.data.files;
}

async function namesIn(dir: string): Promise<readonly string[]> {
  return readdir(dir).catch((error: unknown) => {
    throw new UserError(`${dir} cannot be read as a folder`, { cause: error });
  });
}

function refuseFullFolders(paths: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const file of paths) {
    const folder = path.posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  for (const [folder, count] of counts) {
    if (count > FOLDER_ENTRIES_MAX) {
      throw new UserError(
        `${folder} has ${count} files; a hub takes ${FOLDER_ENTRIES_MAX} a folder: export fewer rollouts with --where`,
      );
    }
  }
}

async function hashed(dir: string, file: string): Promise<LocalFile> {
  const place = path.join(dir, file);
  const { size } = await stat(place).catch((error: unknown) => {
    throw new UserError(`${place} is missing, so that the folder is not whole; write it again`, {
      cause: error,
    });
  });
  const sha256 = createHash("sha256");
  const git = createHash("sha1").update(`blob ${size}\0`);
  const chunks: AsyncIterable<Buffer> = createReadStream(place);
  for await (const chunk of chunks) {
    sha256.update(chunk);
    git.update(chunk);
  }
  return { path: file, bytes: size, sha256: sha256.digest("hex"), gitOid: git.digest("hex") };
}

// Pushes a folder to a repository: what is missing, in commits of a few files, each on top of the state that was read. It keeps nothing on
// this machine: whoever is killed begins again, and what is there by hash is there.
import { errorText, UserError } from "../core/errors.ts";
import type { HubRepository, RemoteState } from "./hub.ts";
import { HubError } from "./hubError.ts";
import type { LocalFile, PushFolder } from "./pushFolder.ts";

/** The hub gives a commit a minute. */
export const COMMIT_FILES_MAX = 50;
const COMMIT_TRIES_MAX = 5;
const RETRY_MS = 500;
/** What a hub, or whoever made the repository in a browser, puts there. */
const MAY_DIFFER = new Set([".gitattributes", "README.md"]);

export interface PushOptions {
  readonly visibility: "private" | "public";
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly hear: (line: string) => void;
}

/** Files sent, and those that were there. */
export interface Pushed {
  readonly sent: number;
  readonly there: number;
  readonly commits: number;
}

/** Brings the repository to the folder's state. Throws a UserError where it holds something else, or somebody else writes to it. */
export async function pushFolder(
  folder: PushFolder,
  name: string,
  hub: HubRepository,
  options: PushOptions,
): Promise<Pushed> {
  let remote = (await hub.read()) ?? (await created(name, hub, options));
  refuseOthers(folder, name, remote);
  const missing = missingOf(folder.files, remote);
  const batches = Array.from({ length: Math.ceil(missing.length / COMMIT_FILES_MAX) }, (_, index) =>
    missing.slice(index * COMMIT_FILES_MAX, (index + 1) * COMMIT_FILES_MAX),
  );
  for (const [index, batch] of batches.entries()) {
    remote = await landed(
      folder,
      name,
      hub,
      remote,
      batch,
      `Add files (${index + 1} of ${batches.length})`,
      options,
    );
    options.hear(`commit ${index + 1} of ${batches.length}: ${batch.length} files`);
  }
  return { sent: missing.length, there: folder.files.length - missing.length, commits: batches.length };
}

/** Makes the repository. An answer may be lost: what counts is whether it is there. */
async function created(
  name: string,
  hub: HubRepository,
  { visibility, signal, sleep }: PushOptions,
): Promise<RemoteState> {
  for (let attempt = 1; ; attempt++) {
    const failure = await hub.create(visibility).then(
      () => null,
      (error: unknown) => error,
    );
    signal.throwIfAborted();
    if (failure instanceof UserError) throw failure;
    const remote = await hub.read();
    if (remote !== null) return remote;
    if (attempt >= COMMIT_TRIES_MAX) {
      throw new HubError(
        `${name} cannot be made (${failure === null ? "it is not there" : errorText(failure)})`,
      );
    }
    await sleep(RETRY_MS * 2 ** (attempt - 1), signal);
  }
}

/** The files that a repository lacks, in their order. */
export function missingOf(files: readonly LocalFile[], remote: RemoteState): readonly LocalFile[] {
  const oids = new Map(remote.files.map((file) => [file.path, file.oid]));
  return files.filter((file) => !isSame(file, oids.get(file.path)));
}

/** Throws a UserError where a repository holds what the folder does not. */
export function refuseOthers(folder: PushFolder, name: string, remote: RemoteState): void {
  const own = new Map(folder.files.map((file) => [file.path, file]));
  for (const { path, oid } of remote.files) {
    if (MAY_DIFFER.has(path)) continue;
    const file = own.get(path);
    if (file !== undefined && isSame(file, oid)) continue;
    const what =
      file === undefined ? "which this folder does not have" : "with other content than in this folder";
    throw new UserError(
      `${name} holds ${path}, ${what}; push to a new repository, or delete the old content first`,
    );
  }
}

function isSame(file: LocalFile, oid: string | undefined): boolean {
  return oid === file.sha256 || oid === file.gitOid;
}

async function landed(
  folder: PushFolder,
  name: string,
  hub: HubRepository,
  before: RemoteState,
  batch: readonly LocalFile[],
  title: string,
  { signal, sleep }: PushOptions,
): Promise<RemoteState> {
  for (let attempt = 1; ; attempt++) {
    const failure = await hub.commit(folder.dir, batch, before.head, title).then(
      () => null,
      (error: unknown) => error,
    );
    signal.throwIfAborted();
    if (failure instanceof UserError) throw failure;
    const now = await hub.read();
    if (now !== null && missingOf(batch, now).length === 0) return now;
    if (now === null || now.head !== before.head) {
      throw new UserError(
        `somebody else wrote to ${name} while it was pushed to; look at it, then push again`,
      );
    }
    if (attempt >= COMMIT_TRIES_MAX) {
      throw new HubError(`${name}: a commit failed ${attempt} times (${errorText(failure)})`);
    }
    await sleep(RETRY_MS * 2 ** (attempt - 1), signal);
  }
}

// The host's side of a sandbox's socket: a folder per sandbox, open until the supervisor has made its socket in it, then
// closed, so that it can be neither filled nor emptied from inside.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, rm, stat } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import type { SweepOptions } from "../../core/sandbox.ts";

export const SOCKET_NAME = "s";
/** A unix socket's address holds 108 bytes with its final zero. */
const PATH_BYTES_MAX = 107;
const ID_BYTES = 6;
/** A folder without a container that is younger than this may belong to a creation under way. */
const FOLDER_AGE_MS = 3_600_000;
const ID_PATTERN = /^[0-9a-f]{12}$/;

/** A new sandbox id: also the name of its folder and part of its container's. */
export function newSandboxId(): string {
  return randomBytes(ID_BYTES).toString("hex");
}

/** Throws UserError where a socket below this root would have too long a path. */
export function checkSocketRoot(root: string): void {
  const length = Buffer.byteLength(join(root, "0".repeat(2 * ID_BYTES), SOCKET_NAME));
  if (length > PATH_BYTES_MAX) {
    throw new UserError(
      `the socket folder ${root} is too long a path: sockets in it would need ${length} bytes, ` +
        `and ${PATH_BYTES_MAX} is the limit; choose a shorter one`,
    );
  }
}

/** Makes the folder, open to the sandbox's user. Only the folder above keeps other users of the host out. */
export async function openFolder(root: string, id: string): Promise<string> {
  const folder = join(root, id);
  await mkdir(root, { recursive: true, mode: 0o700 });
  await mkdir(folder);
  await chmod(folder, 0o777);
  return folder;
}

/** Closes the folder once the socket is there. */
export async function closeFolder(folder: string): Promise<void> {
  await chmod(folder, 0o755);
}

/** Connects to the supervisor; rejects where nothing listens. */
export function connectSocket(folder: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(folder, SOCKET_NAME));
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}

/** Removes the folders of sandboxes that no longer have a container; returns how many. */
export async function sweepSocketFolders(
  root: string,
  living: ReadonlySet<string>,
  { nowMs, dryRun, found }: Pick<SweepOptions, "dryRun" | "found"> & { readonly nowMs: number },
): Promise<number> {
  const names = await readdir(root).catch(() => []);
  let count = 0;
  for (const name of names) {
    if (!ID_PATTERN.test(name) || living.has(name)) continue;
    const folder = join(root, name);
    const { ctimeMs } = await stat(folder).catch(() => ({ ctimeMs: nowMs }));
    if (nowMs - ctimeMs < FOLDER_AGE_MS) continue;
    found?.(`socket folder ${folder}`);
    if (!dryRun) await rm(folder, { recursive: true, force: true });
    count += 1;
  }
  return count;
}

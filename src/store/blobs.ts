// Content by the SHA-256 of its bytes, one file each: blobs/ab/<sha256>. Written once, never changed, checked when read.
import { createHash, webcrypto } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { StoreError } from "../core/errors.ts";
import type { BlobStore } from "../core/sandbox.ts";
import { fileErrorCode, syncFolder } from "./disk.ts";
import { sharedRuns } from "./sharedRuns.ts";
import { turns } from "./turns.ts";

/** Largest blob. A blob is held in memory whole, on the way in and out. */
export const BLOB_BYTES_MAX = 512 * 1_048_576;
/** Blobs written at once; the rest wait. Leaves threads for the journals' writes. */
const PUTS_AT_ONCE_MAX = 4;
/** Blobs above this size are hashed on another thread. */
const HASH_HERE_BYTES_MAX = 65_536;
/** Hashes remembered as durable, so that a repeated put costs no disk access; forgotten all at once when full. */
const KNOWN_MAX = 200_000;

export type BlobReader = Pick<BlobStore, "get" | "has">;

export interface OpenBlobs extends BlobStore {
  /** Deletes a blob where it is there. A put of the same bytes waits for it and stores them anew. */
  remove(sha256: string): Promise<void>;
}

/** Reads blobs without ever writing. `get` throws StoreError for one that is missing, damaged or too large. */
export function blobReader(folder: string, bytesMax: number = BLOB_BYTES_MAX): BlobReader {
  return {
    async get(sha256) {
      const path = blobPath(folder, sha256);
      try {
        await using file = await open(path);
        const { size } = await file.stat();
        if (size > bytesMax) {
          throw new StoreError(`${path}: ${size} bytes are over the limit of ${bytesMax}`);
        }
        const data = await file.readFile();
        if ((await hash(data)) !== sha256) {
          throw new StoreError(
            `${path} is damaged: its content has another hash. Delete it; whatever needs it is then done again`,
            { isLocal: true },
          );
        }
        return data;
      } catch (error) {
        if (fileErrorCode(error) !== "ENOENT") throw error;
        throw new StoreError(`${path}: there is no such blob`, { cause: error, isLocal: true });
      }
    },
    has: async (sha256) => (await sizeOf(blobPath(folder, sha256))) !== null,
  };
}

/** Opens a blob store for writing and clears what an earlier process left half-written. Contract: one writer at a time. */
export async function openBlobs(folder: string, bytesMax: number = BLOB_BYTES_MAX): Promise<OpenBlobs> {
  const drafts = join(folder, "drafts");
  await mkdir(drafts, { recursive: true });
  for (const name of await readdir(drafts)) await rm(join(drafts, name), { force: true });

  const known = new Set<string>();
  const puts = new Map<string, Promise<void>>();
  const removals = new Map<string, Promise<void>>();
  const inTurn = turns(PUTS_AT_ONCE_MAX);
  /** Puts that end together in one folder share the sync of its names. */
  const syncShared = sharedRuns(syncFolder);
  let draftCount = 0;

  const store = async (sha256: string, data: Uint8Array) => {
    const path = blobPath(folder, sha256);
    const shelf = join(folder, sha256.slice(0, 2));
    // A file of the right size was renamed here whole; only its name may still be in memory if its writer was killed.
    if ((await sizeOf(path)) !== data.byteLength) {
      if ((await mkdir(shelf, { recursive: true })) !== undefined) await syncShared(folder);
      const draft = join(drafts, `${draftCount++}`);
      try {
        await using file = await open(draft, "wx", 0o644);
        await file.writeFile(data);
        await file.datasync();
        await rename(draft, path);
      } catch (error) {
        await unlink(draft).catch(() => undefined);
        throw error;
      }
    }
    await syncShared(shelf);
    if (known.size >= KNOWN_MAX) known.clear();
    known.add(sha256);
  };

  return {
    ...blobReader(folder, bytesMax),
    async put(data) {
      if (data.byteLength > bytesMax) {
        throw new StoreError(`a blob of ${data.byteLength} bytes is over the limit of ${bytesMax}`);
      }
      const sha256 = await hash(data);
      await removals.get(sha256);
      if (known.has(sha256)) return sha256;
      let put = puts.get(sha256);
      if (put === undefined) {
        put = inTurn(() => store(sha256, data)).finally(() => puts.delete(sha256));
        puts.set(sha256, put);
      }
      await put;
      return sha256;
    },
    remove(sha256) {
      const written = puts.get(sha256)?.catch(() => undefined) ?? Promise.resolve();
      const removal = written
        .then(() => {
          known.delete(sha256);
          return rm(blobPath(folder, sha256), { force: true });
        })
        .finally(() => removals.delete(sha256));
      removals.set(sha256, removal);
      return removal;
    },
  };
}

function blobPath(folder: string, sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw new StoreError(`"${sha256.slice(0, 80)}" is not a SHA-256 in hex`);
  return join(folder, sha256.slice(0, 2), sha256);
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (fileErrorCode(error) === "ENOENT") return null;
    throw error;
  }
}

async function hash(data: Uint8Array): Promise<string> {
  if (data.byteLength <= HASH_HERE_BYTES_MAX) return createHash("sha256").update(data).digest("hex");
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", data)).toString("hex");
}

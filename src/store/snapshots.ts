// The snapshots of rollouts under way, by content: each unfinished try keeps its newest one, and what no try needs is deleted.
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { BoundaryError } from "../core/errors.ts";
import type { BlobStore, SnapshotId } from "../core/sandbox.ts";
import { type OpenBlobs, openBlobs } from "./blobs.ts";

export interface SnapshotStore extends BlobStore {
  /** Says which snapshot a try goes on from; the one before may go. Null: it has ended and needs none. */
  need(attempt: string, id: SnapshotId | null): void;
  /** Bytes on disk. */
  readonly bytes: number;
  /** Waits for deletions. */
  close(): Promise<void>;
}

/**
 * Opens the store with what open tries still need, by attempt id, and deletes the rest. A put that would pass `bytesMax` rejects with
 * BoundaryError: its rollout goes on without a snapshot. Contract: one writer at a time; a `put` is followed by the `need` of its try.
 */
export async function openSnapshots(
  folder: string,
  needed: ReadonlyMap<string, SnapshotId>,
  bytesMax: number,
): Promise<SnapshotStore> {
  await mkdir(folder, { recursive: true });
  return keepSnapshots(await openBlobs(folder), { sizes: await sizesIn(folder), needed, bytesMax });
}

/** The same over any store of blobs; `sizes` are those that it holds, bytes by id. */
export function keepSnapshots(
  blobs: OpenBlobs,
  of: {
    readonly sizes: ReadonlyMap<SnapshotId, number>;
    readonly needed: ReadonlyMap<string, SnapshotId>;
    readonly bytesMax: number;
  },
): SnapshotStore {
  const { needed, bytesMax } = of;
  const newest = new Map(needed);
  /** How many tries need each; one that was put and is not yet said to be needed counts as well. */
  const needs = new Map<SnapshotId, number>();
  const fresh = new Map<SnapshotId, number>();
  const sizes = new Map(of.sizes);
  const deleting = new Set<Promise<void>>();
  let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  /** Of puts under way: many at once must not pass the limit together. */
  let arriving = 0;

  const letGo = (id: SnapshotId) => {
    if ((needs.get(id) ?? 0) > 0 || (fresh.get(id) ?? 0) > 0) return;
    bytes -= sizes.get(id) ?? 0;
    sizes.delete(id);
    // What cannot be deleted now only takes room: the next opening tries again.
    const done: Promise<void> = blobs
      .remove(id)
      .catch(() => undefined)
      .finally(() => deleting.delete(done));
    deleting.add(done);
  };
  for (const id of needed.values()) count(needs, id, 1);
  for (const id of [...sizes.keys()]) letGo(id);

  return {
    get bytes() {
      return bytes;
    },
    has: (id) => blobs.has(id),
    get: (id) => blobs.get(id),
    async put(data) {
      if (bytes + arriving + data.byteLength > bytesMax) {
        throw new BoundaryError(
          "sandbox",
          `the run's snapshots take ${bytes + arriving} bytes; ${data.byteLength} more would pass the limit of ${bytesMax}`,
        );
      }
      arriving += data.byteLength;
      try {
        const id = await blobs.put(data);
        count(fresh, id, 1);
        if (deleting.size > 0) {
          // The same bytes may have been on their way out.
          await Promise.all(deleting);
          await blobs.put(data);
        }
        if (!sizes.has(id)) {
          sizes.set(id, data.byteLength);
          bytes += data.byteLength;
        }
        return id;
      } finally {
        arriving -= data.byteLength;
      }
    },
    need(attempt, id) {
      const before = newest.get(attempt);
      if (id === null) newest.delete(attempt);
      else {
        newest.set(attempt, id);
        count(needs, id, 1);
        count(fresh, id, -1);
      }
      if (before === undefined) return;
      count(needs, before, -1);
      letGo(before);
    },
    async close() {
      await Promise.all(deleting);
    },
  };
}

/** Adds to a count that never falls below none; none is not kept. */
function count(counts: Map<string, number>, id: string, by: 1 | -1): void {
  const now = Math.max(0, (counts.get(id) ?? 0) + by);
  if (now === 0) counts.delete(id);
  else counts.set(id, now);
}

async function sizesIn(folder: string): Promise<Map<SnapshotId, number>> {
  const sizes = new Map<SnapshotId, number>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/^[0-9a-f]{64}$/.test(entry.name)) continue;
    sizes.set(entry.name, (await stat(join(entry.parentPath, entry.name))).size);
  }
  return sizes;
}

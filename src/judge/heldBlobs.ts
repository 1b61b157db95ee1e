// A blob store in memory, for submissions that live no longer than one check. It forgets everything when it is dropped.
import { sha256 } from "../core/hash.ts";
import type { BlobStore } from "../core/sandbox.ts";

const BYTES_MAX = 512 * 1024 * 1024;

/** An empty store. `put` throws past 512 MB. */
export function heldBlobs(): BlobStore {
  const held = new Map<string, Uint8Array>();
  let bytes = 0;
  return {
    async put(data) {
      const id = sha256(data);
      if (!held.has(id)) {
        bytes += data.byteLength;
        if (bytes > BYTES_MAX) throw new Error(`more than ${BYTES_MAX} bytes of submissions`);
        held.set(id, data);
      }
      return id;
    },
    async get(id) {
      const data = held.get(id);
      if (data === undefined) throw new Error(`no blob ${id}`);
      return data;
    },
    has: async (id) => held.has(id),
  };
}

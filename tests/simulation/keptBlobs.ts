// Blobs that outlive a simulated process: what `put` has resolved stays, what was on its way may have come or not.
import { sha256 } from "../../src/core/hash.ts";
import type { Prng } from "../../src/core/prng.ts";
import type { Clock } from "../../src/core/runtime.ts";
import type { OpenBlobs } from "../../src/store/blobs.ts";
import { type Life, never } from "./timeline.ts";

const PUT_MS_MAX = 4;

export class KeptBlobs {
  readonly #stored = new Map<string, Uint8Array>();

  has(id: string): boolean {
    return this.#stored.has(id);
  }

  /** Bytes by id. */
  get sizes(): ReadonlyMap<string, number> {
    return new Map([...this.#stored].map(([id, data]) => [id, data.byteLength]));
  }

  /** The store as one process sees it. */
  openedBy({
    clock,
    life,
    draw,
  }: {
    readonly clock: Clock;
    readonly life: Life;
    readonly draw: Prng;
  }): OpenBlobs {
    const stored = this.#stored;
    return {
      async put(data) {
        if (life.dead) return never();
        const id = sha256(data);
        if (stored.has(id)) return id;
        if (draw.chance(0.5)) stored.set(id, data);
        await clock.sleep(draw.next() * PUT_MS_MAX);
        stored.set(id, data);
        return id;
      },
      async get(id) {
        if (life.dead) return never();
        const data = stored.get(id);
        if (data === undefined) throw new Error(`there is no blob ${id}`);
        return data;
      },
      has: async (id) => (life.dead ? never() : stored.has(id)),
      async remove(id) {
        if (life.dead) return never();
        stored.delete(id);
      },
    };
  }
}

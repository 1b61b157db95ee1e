// N Gyms on one ground: episodes side by side, as many as there are Gyms, each with a sandbox and a fate of its own.
import { UserError } from "../core/errors.ts";
import { checkCount, openGround } from "./ground.ts";
import { type Gym, gymOn } from "./gym.ts";
import type { GymOptions } from "./gymContract.ts";
import { createWorld } from "./world.ts";

/** Each Gym holds a sandbox: beyond this one process and one machine are the wrong tool. */
export const POOL_SIZE_MAX = 512;

export interface GymPoolOptions extends GymOptions {
  /** Gyms, and so sandboxes of episodes at a time; at most 512. Judging takes up to two more for each of `evaluationsMax`. */
  readonly size: number;
}

/** Contract: dispose it; that closes every Gym of it. */
export interface GymPool extends AsyncDisposable {
  /** Yours to drive by hand; do not while `map` runs. */
  readonly gyms: readonly Gym[];
  /**
   * Works through the items, each with a Gym that nobody else has meanwhile, at most `size` at a time, in order of the items. Never
   * rejects for what one of them throws: the results stand in the items' order, as those of `Promise.allSettled`. Once the signal is
   * aborted the items that are left are not begun, and are rejected with its reason.
   */
  map<Item, Result>(
    items: Iterable<Item>,
    work: (gym: Gym, item: Item, index: number) => Promise<Result>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly PromiseSettledResult<Result>[]>;
  /** Cuts off what is under way and removes all sandboxes. Idempotent. */
  close(): Promise<void>;
}

export const GymPool = {
  /** Opens a pool on one task; sandboxes are made by each Gym's `reset`. Throws UserError as `Gym.open`, and for a size out of bounds. */
  async open(options: GymPoolOptions): Promise<GymPool> {
    checkCount("size", options.size, POOL_SIZE_MAX);
    const ground = await openGround(await createWorld(), options);
    try {
      const gyms: Gym[] = [];
      for (let at = 0; at < options.size; at++) gyms.push(await gymOn(ground, options));
      return poolOf(gyms, ground);
    } catch (error) {
      await ground[Symbol.asyncDispose]();
      throw error;
    }
  },
};

function poolOf(gyms: readonly Gym[], ground: AsyncDisposable): GymPool {
  const closed = new AbortController();
  let closing: Promise<void> | null = null;
  let isMapping = false;
  const pool: GymPool = {
    gyms,
    async map<Item, Result>(
      items: Iterable<Item>,
      work: (gym: Gym, item: Item, index: number) => Promise<Result>,
      { signal }: { readonly signal?: AbortSignal } = {},
    ) {
      if (closing !== null) throw new UserError("the GymPool is closed; open another one");
      if (isMapping) throw new UserError("the GymPool is working through other items; await that first");
      isMapping = true;
      const stop = signal === undefined ? closed.signal : AbortSignal.any([closed.signal, signal]);
      const queue = [...items].entries();
      const results: PromiseSettledResult<Result>[] = [];
      const drain = async (gym: Gym) => {
        // The iterator is shared: each worker takes the next item that nobody has taken.
        for (const [index, item] of queue) {
          results[index] = await settled(async () => {
            stop.throwIfAborted();
            return await work(gym, item, index);
          });
        }
      };
      try {
        await Promise.all(gyms.map(drain));
        return results;
      } finally {
        isMapping = false;
      }
    },
    close() {
      closing ??= (async () => {
        closed.abort(new Error("the GymPool was closed"));
        await Promise.all(gyms.map((gym) => gym.close()));
        await ground[Symbol.asyncDispose]();
      })();
      return closing;
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
  return pool;
}

async function settled<T>(work: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  try {
    return { status: "fulfilled", value: await work() };
  } catch (reason) {
    return { status: "rejected", reason };
  }
}

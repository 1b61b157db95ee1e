// The turns of this machine: exclusive evaluations of all of a user's processes, one at a time, over a lock in the temporary folder.
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { BoundaryError, UserError } from "../core/errors.ts";
import type { Turns } from "../core/runtime.ts";
import { type TakeHost, turns } from "../schedule/turns.ts";
import { takeLock } from "../store/lock.ts";
import type { World } from "./world.ts";

/** On a machine with more cores than this an exclusive evaluation has one to itself while rollouts go on. */
const FEW_CORES = 4;
const ASK_MS = 500;
/** Far longer than any evaluation: beyond it the lock's owner hangs. */
const WAIT_MS_MAX = 2 * 3_600_000;

/** Turns for one process and, for what is exclusive, for this user's other processes here. */
export function machineTurns(world: World): Turns {
  return turns({ holdShared: world.coreCount <= FEW_CORES, takeHost: hostLock(world) });
}

function hostLock({ clock }: World): TakeHost {
  const folder = path.join(tmpdir(), `nightshift-exclusive-${userInfo().uid}`);
  return async (signal) => {
    for (let waitedMs = 0; waitedMs < WAIT_MS_MAX; waitedMs += ASK_MS) {
      try {
        const lock = await takeLock(folder);
        return () => lock.release();
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        await clock.sleep(ASK_MS, signal);
      }
    }
    throw new BoundaryError(
      "sandbox",
      `another process holds ${folder} for more than ${WAIT_MS_MAX / 3_600_000} hours`,
      { transient: true },
    );
  };
}

// Removes what earlier processes left on a host: everything of one run, or whatever has ended or is past its expiry.
import type Docker from "dockerode";
import { z } from "zod";
import type { SweepOptions } from "../../core/sandbox.ts";
import { ownerLives } from "../owner.ts";
import { LABELS } from "./createOptions.ts";
import { bounded, type Engine, statusOf } from "./engine.ts";
import { sweepSocketFolders } from "./socketFolder.ts";

const REMOVING_MAX = 16;

export interface Sweep extends SweepOptions {
  readonly nowMs: number;
  readonly socketRoot: string;
}

/** Returns how many containers were removed. Folders of their sockets go too. */
export async function sweepContainers(engine: Engine, sweep: Sweep): Promise<number> {
  const { runId, found } = sweep;
  const doomed: Docker.ContainerInfo[] = [];
  for (const container of await list(engine, runId === undefined ? LABELS.run : `${LABELS.run}=${runId}`)) {
    if (runId === undefined && !expired(container, sweep.nowMs) && !hasEnded(container)) continue;
    if (sweep.spare?.has(container.Id)) continue;
    if (sweep.spareOwned && (await ownerLives(container.Labels[LABELS.owner] ?? ""))) continue;
    found?.(`container ${container.Names[0]?.replace(/^\//, "") ?? container.Id}`);
    doomed.push(container);
  }
  if (sweep.dryRun) {
    await sweepSocketFolders(sweep.socketRoot, living(await list(engine, LABELS.run)), sweep);
    return doomed.length;
  }
  const todo = [...doomed];
  let count = 0;
  const work = async (): Promise<void> => {
    for (let next = todo.pop(); next; next = todo.pop()) {
      if (await remove(engine, next.Id)) count += 1;
    }
  };
  await Promise.all(Array.from({ length: REMOVING_MAX }, work));
  const left = await list(engine, LABELS.run);
  await sweepSocketFolders(sweep.socketRoot, living(left), sweep);
  return count;
}

/** The sandbox ids that have a container. */
function living(containers: readonly Docker.ContainerInfo[]): ReadonlySet<string> {
  return new Set(containers.map(({ Labels }) => Labels[LABELS.socket] ?? ""));
}

function list(engine: Engine, label: string): Promise<Docker.ContainerInfo[]> {
  return engine.docker.listContainers({
    all: true,
    filters: { label: [label] },
    abortSignal: engine.deadline(),
  });
}

function expired(container: Docker.ContainerInfo, nowMs: number): boolean {
  const expiresAt = z.coerce.number().safeParse(container.Labels[LABELS.expiresAt]);
  return expiresAt.success && expiresAt.data < nowMs;
}

/** Nobody can go on in it; where containers do not remove themselves it would stay for ever. */
function hasEnded({ State }: Docker.ContainerInfo): boolean {
  return State === "exited" || State === "dead";
}

/** False where somebody else, or the container itself, was faster. */
async function remove(engine: Engine, id: string): Promise<boolean> {
  try {
    await bounded(engine.docker.getContainer(id).remove({ force: true, v: true }), engine.deadline());
    return true;
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 || status === 409) return false;
    throw error;
  }
}

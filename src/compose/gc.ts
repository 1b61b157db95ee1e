// Removes what earlier runs left behind: containers by label and expiry, their socket folders, scratch folders and cgroups of
// processes that are gone. What a living process made is never touched.
import { UserError } from "../core/errors.ts";
import { readRun } from "../store/readRun.ts";
import { type BackendName, NO_BLOBS, namedBackend } from "./backends.ts";
import { readStoredRun } from "./storedRun.ts";
import type { World } from "./world.ts";

/** What was found in one place. */
export interface Garbage {
  readonly place: "this machine" | "docker" | "podman";
  /** False: nothing answers there, so that nothing was looked at. */
  readonly answers: boolean;
  readonly found: readonly string[];
}

/** Looks everywhere that answers, and removes what it finds unless `dryRun`. `run`: all of that run, expired or not. */
export async function collectGarbage(
  world: World,
  of: { run: string | null; dryRun: boolean },
): Promise<readonly Garbage[]> {
  const run = of.run === null ? null : await idleRun(of.run);
  const places: readonly (readonly [Garbage["place"], BackendName])[] = [
    ["this machine", "process"],
    ["docker", "docker"],
    ["podman", "podman"],
  ];
  const garbage: Garbage[] = [];
  for (const [place, name] of places) {
    const backend = namedBackend(world, name, run?.docker ?? null, NO_BLOBS);
    const found: string[] = [];
    // Scratch folders say themselves whose they are; nothing has to run for looking at them.
    const answers = place === "this machine" || (await doesAnswer(() => backend.probe()));
    if (answers) {
      const runId = run === null ? {} : { runId: run.runId };
      await backend.sweep({
        ...runId,
        dryRun: of.dryRun,
        spareOwned: true,
        found: (what) => found.push(what),
      });
    }
    garbage.push({ place, answers, found });
  }
  return garbage;
}

async function doesAnswer(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** A run that no process plays. Throws UserError where one does. */
async function idleRun(directory: string) {
  const { owner, runJson } = await readRun(directory);
  if (owner !== null) {
    throw new UserError(
      `${directory} is being played by process ${owner.pid} on ${owner.host}; wait for it or stop it, then collect`,
    );
  }
  const { pipeline } = await readStoredRun(directory, []);
  return { runId: runJson.runId, docker: pipeline.sandbox.docker };
}

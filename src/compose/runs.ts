// Opens run directories: a new one for a plan, or one that goes on.
import path from "node:path";
import { workerPool } from "../compute/workerPool.ts";
import { judge } from "../judge/judge.ts";
import { sessionMsMax } from "../pipeline/checkPlan.ts";
import type { Plan } from "../pipeline/plan.ts";
import { PlannedRun } from "../pipeline/plannedRun.ts";
import { checkRoom, RUN_FREE_BYTES_MIN } from "../store/checkRoom.ts";
import { createRun, openRun } from "../store/runDirectory.ts";
import { namedBackend } from "./backends.ts";
import type { Place } from "./place.ts";
import { loadAgentPrompts } from "./plan.ts";
import { playerOf } from "./player.ts";
import { resolvedOf } from "./storedRun.ts";
import type { World } from "./world.ts";

const WORKERS_MAX = 1;
const WORKER_JOBS_MAX = 16;

/** Opens a plan's run directory for this process alone, made where `create` says so. */
export async function openPlannedRun(
  world: World,
  of: { directory: string; plan: Plan; place: Place; create: { text: string } | null },
): Promise<PlannedRun> {
  const { directory, plan, place } = of;
  const resolved = resolvedOf(plan);
  const { codeVersion, clock, log } = world;
  await checkRoom(directory, RUN_FREE_BYTES_MIN);
  if (of.create !== null) {
    await createRun(directory, {
      runId: path.basename(path.resolve(directory)),
      createdAt: new Date(clock.now()).toISOString(),
      codeVersion,
      pipelineText: of.create.text,
      resolved,
    });
  }
  const store = await openRun(directory);
  const pool = workerPool({ workersMax: WORKERS_MAX, waitingMax: WORKER_JOBS_MAX });
  const backend = namedBackend(world, place.choice.name, plan.pipeline.sandbox.docker, store.blobs);
  const release = async () => {
    await pool[Symbol.asyncDispose]();
    await backend.close();
  };
  try {
    const { pipelineText, runId } = store.runJson;
    if (of.create === null) await store.amend({ codeVersion, pipelineText, resolved });
    const prompts = await loadAgentPrompts();
    return new PlannedRun(plan, store, {
      judge: (blobs) => judge({ backend, blobs, clock, runId, log }),
      player: (given) => playerOf(world, { ...given, plan, place, backend, runId, prompts }),
      sweep: () => backend.sweep({ runId }),
      offThread: pool.runInWorker,
      release,
      clock,
      log,
      codeVersion,
      sessionMsMax: sessionMsMax(plan.pipeline.budgets, clock.now()),
    });
  } catch (error) {
    await release();
    await store.close();
    throw error;
  }
}

// Opens run directories: a new one for a plan, or one that goes on.
import path from "node:path";
import { judge } from "../judge/judge.ts";
import { sessionMsMax } from "../pipeline/checkPlan.ts";
import type { Plan } from "../pipeline/plan.ts";
import { PlannedRun } from "../pipeline/plannedRun.ts";
import { createRun, openRun } from "../store/runDirectory.ts";
import { backendOf, type Place } from "./place.ts";
import { loadAgentPrompts } from "./plan.ts";
import { playerOf } from "./player.ts";
import { resolvedOf } from "./storedRun.ts";
import type { World } from "./world.ts";

/** Opens a plan's run directory for this process alone, made where `create` says so. */
export async function openPlannedRun(
  world: World,
  of: { directory: string; plan: Plan; place: Place; create: { text: string } | null },
): Promise<PlannedRun> {
  const { directory, plan, place } = of;
  const resolved = resolvedOf(plan);
  const { codeVersion, clock, log } = world;
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
  try {
    const { pipelineText, runId } = store.runJson;
    if (of.create === null) await store.amend({ codeVersion, pipelineText, resolved });
    const backend = backendOf(world, plan.pipeline, store.blobs);
    const prompts = await loadAgentPrompts();
    return new PlannedRun(plan, store, {
      judge: (blobs) => judge({ backend, blobs, clock, runId, log }),
      player: (given) => playerOf(world, { ...given, plan, place, backend, runId, prompts }),
      sweep: () => backend.sweep({ runId }),
      clock,
      log,
      codeVersion,
      sessionMsMax: sessionMsMax(plan.pipeline.budgets, clock.now()),
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

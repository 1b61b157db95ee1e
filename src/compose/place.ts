// Finds the place of a plan's sandboxes, and checks before anything is spent that it can carry the plan.
import type { Capabilities } from "../core/sandbox.ts";
import { checkIsolation, checkNeeds } from "../pipeline/checkPlan.ts";
import type { Plan } from "../pipeline/plan.ts";
import { type Choice, chooseBackend, NO_BLOBS, namedBackend } from "./backends.ts";
import { isShared, modelOf } from "./models.ts";
import { checkReplays, openReplays } from "./replaySource.ts";
import { requireData } from "./tasks.ts";
import type { World } from "./world.ts";

/** Where a plan's sandboxes will be, found fit for it. */
export interface Place {
  readonly choice: Choice;
  readonly capabilities: Capabilities;
  readonly imageDigests: ReadonlyMap<string, string>;
}

/** Checks everything that a run of the plan would need. Throws UserError; spends and writes nothing. */
export async function checkPlan(world: World, plan: Plan): Promise<Place> {
  checkNeeds(plan, world.env);
  requireData(plan.cells.map(({ task }) => task));
  checkReplays(plan, await openReplays(plan.pipeline.cells.models));
  const { sandbox, cells } = plan.pipeline;
  const choice = await chooseBackend(world, sandbox);
  const backend = namedBackend(world, choice.name, sandbox.docker, NO_BLOBS);
  try {
    let capabilities = await backend.probe();
    const imageDigests = new Map<string, string>();
    for (const image of new Set(plan.cells.map(({ task }) => task.definition.image))) {
      const checked = await backend.checkImage(image);
      imageDigests.set(image, checked.digest);
      capabilities = checked.capabilities ?? capabilities;
      checkIsolation(plan, capabilities);
    }
    for (const config of cells.models) if (isShared(config)) modelOf(world, config);
    return { choice, capabilities, imageDigests };
  } finally {
    await backend.close();
  }
}

/** One line on where sandboxes are and what holds there. */
export function placeText({ choice, capabilities }: Place): string {
  const { backend, cpu, memory, pids, disk, network, hostFiles } = capabilities;
  const held = { memory, cpu, processes: pids, disk, network, "this machine's files": hostFiles };
  const named = (level: string) =>
    Object.entries(held)
      .filter(([, value]) => value === level)
      .map(([name]) => name)
      .join(", ") || "nothing";
  const parts = [`sandbox ${backend}: bounded ${named("enforced")}`];
  if (named("partial") !== "nothing") parts.push(`in part ${named("partial")}`);
  if (named("none") !== "nothing") parts.push(`not ${named("none")}`);
  if (choice.insteadOf !== null) parts.push(`because ${choice.insteadOf}`);
  return parts.join("; ");
}

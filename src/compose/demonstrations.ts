// Makes a demonstration of a rollout that a run has recorded, as a file that agents can name.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Demonstration } from "../agent/demonstration.ts";
import { recordDemonstration } from "../agent/recordDemonstration.ts";
import { errorText, UserError } from "../core/errors.ts";
import type { RolloutState } from "../core/runState.ts";
import { agentPartsOf } from "./agents.ts";
import { planOf } from "./plan.ts";
import { checkSameRules, type StoredRun } from "./storedRun.ts";
import type { World } from "./world.ts";

/** The demonstration of one ended rollout. Throws UserError where it has not ended, or did not end with `submit`. */
export async function demonstrationOf(
  world: Pick<World, "env" | "secrets">,
  stored: StoredRun,
  { key, cell, archive }: RolloutState,
): Promise<Demonstration> {
  if (archive === null) {
    throw new UserError(
      `rollout ${key.slice(0, 12)} has not ended yet; \`nightshift status\` says how the run stands`,
    );
  }
  const trajectory = await stored.reader.archive.read(archive);
  const plan = await planOf(world, stored.pipeline);
  checkSameRules(plan, stored, "mayDiffer");
  const planned = plan.cells.find(({ id }) => id === cell);
  if (planned === undefined)
    throw new UserError(`rollout ${key.slice(0, 12)}: its cell is not in its pipeline`);
  const { prompts } = await agentPartsOf(planned.agent, "cells.agents");
  return recordDemonstration(trajectory, prompts, planned.task.definition.licence);
}

/** Writes a demonstration into a new file: one that is there may have been edited by hand. Throws UserError. */
export async function writeDemonstration(file: string, demonstration: Demonstration): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(demonstration, null, 2)}\n`, { flag: "wx" });
  } catch (cause) {
    const exists = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    throw new UserError(
      exists ? `${file} exists already; name another file` : `cannot write ${file}: ${errorText(cause)}`,
      { cause },
    );
  }
}

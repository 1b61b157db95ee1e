// Reads what agents are made of: their prompts, and the demonstrations that they name, the user's files first and then the package's.
import { existsSync } from "node:fs";
import path from "node:path";
import { type AgentParts, loadAgentParts } from "../agent/agentParts.ts";
import { type Demonstration, demonstrationSchema } from "../agent/demonstration.ts";
import type { AgentConfig } from "../core/cell.ts";
import { UserError } from "../core/errors.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";
import { readTextFile } from "../tasks/readText.ts";
import { parseYaml } from "../tasks/yamlFile.ts";
import { PACKAGE_ROOT } from "./packageRoot.ts";

/** The words of every agent of a pipeline, by its entry there. Throws UserError. */
export async function loadAgents(pipeline: Pipeline): Promise<ReadonlyMap<AgentConfig, AgentParts>> {
  const parts = new Map<AgentConfig, AgentParts>();
  for (const [index, config] of pipeline.cells.agents.entries()) {
    parts.set(config, await agentPartsOf(config, `cells.agents[${index}]`));
  }
  return parts;
}

/** The words of one agent. `keyPath` is where it stands, for complaints. Throws UserError. */
export async function agentPartsOf(config: AgentConfig, keyPath: string): Promise<AgentParts> {
  if (config.prompts !== undefined && !existsSync(config.prompts)) {
    throw new UserError(`${keyPath}.prompts: there is no folder ${config.prompts} where the command runs`);
  }
  const demonstrations: Demonstration[] = [];
  for (const [index, file] of (config.demonstrations ?? []).entries()) {
    demonstrations.push(await readDemonstration(file, `${keyPath}.demonstrations[${index}]`));
  }
  return loadAgentParts(config, demonstrations);
}

async function readDemonstration(file: string, place: string): Promise<Demonstration> {
  const located = locate(file);
  if (located === null) {
    throw new UserError(
      `${place}: there is no demonstration ${file}; \`nightshift show RUN KEY --demonstration ${file}\` makes one of a rollout`,
    );
  }
  // JSON is YAML, and the reader of YAML names line and column.
  return parseYaml(await readTextFile(located, "the demonstration"), located, demonstrationSchema);
}

/** The user's file; `demonstrations/NAME` that is not where the command runs is the package's own. */
function locate(file: string): string | null {
  if (existsSync(file)) return file;
  const shipped = path.join("demonstrations", path.basename(file));
  const full = path.join(PACKAGE_ROOT, shipped);
  return path.normalize(file) === shipped && existsSync(full) ? full : null;
}

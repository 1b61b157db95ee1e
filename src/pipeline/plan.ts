// The plan: a pipeline file and its tasks turned into cells with keys and demands. Pure, so that planning costs nothing.
import { type AgentConfig, type Cell, cellId, rolloutKey } from "../core/cell.ts";
import { UserError } from "../core/errors.ts";
import { hashOf } from "../core/hash.ts";
import type { FrozenMemory } from "../core/host.ts";
import { DEFAULT_LIMITS, type RolloutLimits } from "../core/limits.ts";
import type { OutputTerms } from "../core/model.ts";
import type { Task } from "../core/task.ts";
import type { Tool } from "../core/tool.ts";
import type { CellDemand } from "../schedule/admission.ts";
import { foldersOf, writtenOut } from "../tasks/families/taskNames.ts";
import { outputTermsOf } from "./modelConfig.ts";
import type { ModelConfig, Pipeline } from "./pipelineFile.ts";

export interface PlannedCell {
  readonly id: string;
  readonly cell: Cell;
  readonly task: Task;
  readonly model: ModelConfig;
  /** The agent's entry in the pipeline: `cell.agent` is the same with all that was left open settled, and without paths. */
  readonly agent: AgentConfig;
  /** What its agent can use. */
  readonly tools: readonly Tool[];
  /** The notes that its agent can read. */
  readonly memory: FrozenMemory;
  readonly demand: CellDemand;
}

export interface Plan {
  readonly pipeline: Pipeline;
  readonly cells: readonly PlannedCell[];
  /** Tasks that are named and not played, since their data is not here: only where the file says so. */
  readonly leftOut: readonly string[];
}

/** What an agent configuration and a model configuration are in keys; given by the composition root. */
export interface Identities {
  /** Name and version of scaffold, prompts and tools. */
  agent(config: AgentConfig): string;
  tools(config: AgentConfig): readonly Tool[];
  memory(config: AgentConfig): FrozenMemory;
  /** What its tools reach outside the sandbox, as far as an agent can tell; empty for one whose tools stay inside. */
  reach(config: AgentConfig): Readonly<Record<string, unknown>>;
  /** The agent as it plays with a model, with all that was left open settled. Throws UserError where they do not fit. */
  agentWith(config: AgentConfig, model: ModelConfig): AgentConfig;
  model(config: ModelConfig): { readonly id: string; readonly revision: string | null };
}

/** The limits that hold for a task: the pipeline's over the task's over the defaults. */
export function resolveLimits(pipeline: Pick<Pipeline, "limits">, task: Task["definition"]): RolloutLimits {
  const given = (partial: Partial<Record<keyof RolloutLimits, unknown>>) =>
    Object.fromEntries(Object.entries(partial).filter(([, value]) => value !== undefined));
  return { ...DEFAULT_LIMITS, ...given(task.limits), ...given(pipeline.limits) };
}

/** Multiplies out the cells. Throws UserError when two cells would be the same, since their keys would be too. */
export function makePlan(pipeline: Pipeline, tasks: ReadonlyMap<string, Task>, identities: Identities): Plan {
  const { perCell, accepted } = pipeline.rollouts;
  const cells: PlannedCell[] = [];
  const leftOut: string[] = [];
  for (const taskId of writtenOut(pipeline.cells.tasks)) {
    const task = tasks.get(taskId);
    if (task === undefined && pipeline.cells.absent === "leaveOut") {
      leftOut.push(taskId);
      continue;
    }
    if (task === undefined) throw new UserError(`the plan names the task "${taskId}", which was not loaded`);
    const limits = resolveLimits(pipeline, task.definition);
    for (const agent of pipeline.cells.agents) {
      const { metric, anchors, submission } = task.definition;
      const { validationSeeds } = pipeline.stages.evaluate;
      const told = { metric, baseline: anchors.starter, submission, validationSeeds };
      const playHash = hashOf("play", {
        task: task.playHash,
        told,
        agent: identities.agent(agent),
        limits,
        ...identities.reach(agent),
      });
      for (const model of pipeline.cells.models) {
        for (const sampling of pipeline.cells.sampling) {
          const cell: Cell = {
            taskId,
            playHash,
            agent: identities.agentWith(agent, model),
            model: identities.model(model),
            sampling,
            limits,
          };
          const demand = { rolloutsMax: perCell, accepted };
          const [tools, memory] = [identities.tools(agent), identities.memory(agent)];
          cells.push({ id: cellId(cell), cell, task, model, agent, tools, memory, demand });
        }
      }
    }
  }
  const seen = new Set<string>();
  const twin = cells.find(({ id }) => seen.size === seen.add(id).size);
  if (twin !== undefined) {
    throw new UserError(
      `two cells are the same (task ${twin.cell.taskId}, model ${twin.cell.model.id}): remove the repeated entry under cells`,
    );
  }
  if (cells.length === 0) {
    throw new UserError(
      `nothing is left to play: the data of ${leftOut.join(", ")} is not prepared; run \`nightshift data prepare ${foldersOf(leftOut).join(" ")}\` first`,
    );
  }
  return { pipeline, cells, leftOut };
}

/** What the models' terms say of training, by model id; where two entries share an id, the stricter one holds. */
export function termsByModel({ cells }: Plan): Record<string, OutputTerms> {
  const strictness = { allowed: 0, unknown: 1, forbidden: 2 } as const;
  const terms: Record<string, OutputTerms> = {};
  for (const { cell, model } of cells) {
    const own = outputTermsOf(model);
    const known = terms[cell.model.id];
    if (known === undefined || strictness[own] > strictness[known]) terms[cell.model.id] = own;
  }
  return terms;
}

/** The key of a seed of a planned cell. */
export function plannedKey(cell: PlannedCell, seedIndex: number): string {
  return rolloutKey(cell.cell, seedIndex, null);
}

// What every scaffold is made from: one rollout's model, task and limits, and how the agent is configured.
import type { AgentConfig } from "../core/cell.ts";
import type { RolloutLimits } from "../core/limits.ts";
import type { Model, Sampling } from "../core/model.ts";
import type { Task } from "../core/task.ts";
import type { Tool } from "../core/tool.ts";
import type { AgentParts } from "./agentParts.ts";

export interface AgentOptions {
  readonly model: Model;
  readonly parts: AgentParts;
  readonly tools: readonly Tool[];
  readonly config: Pick<AgentConfig, "history" | "reasoningInHistory" | "blocked">;
  readonly task: Pick<Task, "description" | "definition">;
  /** What the agent is told of its limits; `steps` comes with each message instead. */
  readonly limits: Pick<RolloutLimits, "actionSeconds" | "validations">;
  readonly sampling: Sampling;
  readonly seed: number;
  readonly stickyKey: string;
  /** The name of the model call of a step in journals. */
  readonly callIdOf: (step: number) => string;
}

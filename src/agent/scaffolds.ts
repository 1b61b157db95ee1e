// The scaffolds: for each its identity and how an agent of it is made.
import type { Agent } from "../core/agent.ts";
import type { AgentConfig } from "../core/cell.ts";
import type { Tool } from "../core/tool.ts";
import type { AgentOptions } from "./agentOptions.ts";
import type { AgentParts } from "./agentParts.ts";
import { TEXT_FORMS } from "./forms/forms.ts";
import { nativeIdentity, textIdentity } from "./identity.ts";
import { nativeAgent } from "./native.ts";
import { textAgent } from "./textAgent.ts";

/** What the agent of a configuration is: part of the play hash. */
export function agentIdentity(
  config: Pick<AgentConfig, "scaffold" | "blocked">,
  parts: AgentParts,
  tools: readonly Tool[],
): string {
  return config.scaffold === "native"
    ? nativeIdentity(config, parts, tools)
    : textIdentity(TEXT_FORMS[config.scaffold], config, parts, tools);
}

/** An agent for one rollout. */
export function createAgent(
  config: AgentConfig,
  parts: AgentParts,
  options: Omit<AgentOptions, "parts" | "config">,
): Agent {
  const all = { ...options, config, parts };
  return config.scaffold === "native" ? nativeAgent(all) : textAgent(TEXT_FORMS[config.scaffold], all);
}

// The scaffolds, written out: for each its prompts, its identity and how an agent of it is made.
import { join } from "node:path";
import type { Agent } from "../core/agent.ts";
import type { AgentConfig } from "../core/cell.ts";
import type { Tool } from "../core/tool.ts";
import type { AgentOptions } from "./agentOptions.ts";
import { fencedAgent } from "./fenced.ts";
import { fencedIdentity, nativeIdentity } from "./identity.ts";
import { nativeAgent } from "./native.ts";
import { loadNativePrompts, loadPrompts, type NativePrompts, type Prompts } from "./prompts.ts";

/** The prompts of every scaffold. */
export interface ScaffoldPrompts {
  readonly fenced: Prompts;
  readonly native: NativePrompts;
}

/** Reads all prompts from a folder; the native scaffold's own lie in `native/` below it and share the others. */
export async function loadScaffoldPrompts(folder: string): Promise<ScaffoldPrompts> {
  const [fenced, native] = await Promise.all([
    loadPrompts(folder),
    loadNativePrompts(folder, join(folder, "native")),
  ]);
  return { fenced, native };
}

/** What the agent of a configuration is: part of the play hash. */
export function agentIdentity(
  { scaffold }: Pick<AgentConfig, "scaffold">,
  prompts: ScaffoldPrompts,
  tools: readonly Tool[],
): string {
  switch (scaffold) {
    case "fenced":
      return fencedIdentity(prompts.fenced, tools);
    case "native":
      return nativeIdentity(prompts.native, tools);
    default:
      return scaffold satisfies never;
  }
}

/** An agent for one rollout. */
export function createAgent(
  config: AgentConfig,
  prompts: ScaffoldPrompts,
  options: Omit<AgentOptions, "prompts" | "config">,
): Agent {
  switch (config.scaffold) {
    case "fenced":
      return fencedAgent({ ...options, config, prompts: prompts.fenced });
    case "native":
      return nativeAgent({ ...options, config, prompts: prompts.native });
    default:
      return config.scaffold satisfies never;
  }
}

// What an agent's words are made of: its prompts, and the demonstrations it is shown. Read once for each configuration, before anything is
// spent.
import type { AgentConfig } from "../core/cell.ts";
import { UserError } from "../core/errors.ts";
import { type Demonstration, hasCommands } from "./demonstration.ts";
import {
  loadNativePrompts,
  loadPrompt,
  loadPrompts,
  loadSummaryPrompts,
  type Prompts,
  promptSource,
  type SummaryPrompts,
} from "./prompts.ts";

export interface AgentParts {
  readonly prompts: Prompts;
  /** What answers a native call that cannot be carried out; null in text scaffolds. */
  readonly unusable: string | null;
  /** Those of the history `summary`; null for any other. */
  readonly summary: SummaryPrompts | null;
  /** Null without demonstrations. */
  readonly demonstration: { readonly prompt: string; readonly shown: readonly Demonstration[] } | null;
}

/** Reads an agent's prompts. `demonstrations` are those that its configuration names, in order. Throws UserError. */
export async function loadAgentParts(
  config: Pick<AgentConfig, "scaffold" | "history" | "prompts" | "stateLine">,
  demonstrations: readonly Demonstration[] = [],
): Promise<AgentParts> {
  const source = await promptSource(config);
  const isNative = config.scaffold === "native";
  const silent = isNative ? undefined : demonstrations.find((one) => !hasCommands(one));
  if (silent !== undefined) {
    throw new UserError(
      `the demonstration of ${silent.task} was recorded with native calls, which the scaffold ${config.scaffold} has no words for; record it with a text scaffold`,
    );
  }
  const { unusable, ...prompts } = isNative
    ? await loadNativePrompts(source)
    : { ...(await loadPrompts(source)), unusable: null };
  const sumsUp = config.history !== "appendOnly" && config.history.kind === "summary";
  const prompt = demonstrations.length === 0 ? null : await loadPrompt(source, "demonstration");
  return {
    prompts,
    unusable,
    summary: sumsUp ? await loadSummaryPrompts(source) : null,
    demonstration: prompt === null ? null : { prompt, shown: demonstrations },
  };
}

// What an agent is, as one text for the play hash: scaffold, prompts and tools, with all that a model reads of them. A setting that is left
// out leaves no trace, so that an agent stays what it was when a new setting comes.
import type { AgentConfig } from "../core/cell.ts";
import { hashOf } from "../core/hash.ts";
import type { Tool } from "../core/tool.ts";
import { blockedCommands } from "../tools/blockedCommands.ts";
import { nativeSchemas } from "../tools/nativeSchemas.ts";
import { TOOLSET_VERSION, toolDocs, toolSchemas } from "../tools/toolset.ts";
import type { AgentParts } from "./agentParts.ts";
import type { TextForm } from "./forms/textForm.ts";

/** Raised by hand when replies are read or messages are built otherwise than before. Text scaffolds: `version` of the form. */
const NATIVE_VERSION = 1;

/** `<scaffold>-<version>:<hash>` over scaffold version, prompt files, and the tools' signatures, docs and schemas. */
export function textIdentity(
  { name, version }: TextForm,
  config: Pick<AgentConfig, "blocked">,
  parts: AgentParts,
  tools: readonly Tool[],
): string {
  const hash = hashOf("agent", {
    scaffold: name,
    version,
    prompts: parts.prompts,
    toolset: TOOLSET_VERSION,
    docs: toolDocs(tools),
    schemas: toolSchemas(tools),
    ...sourcesOf(tools),
    ...extrasOf(config, parts),
  });
  return `${name}-${version}:${hash}`;
}

/** `native-<version>:<hash>` over scaffold version, prompt files, and the tools' native schemas. */
export function nativeIdentity(
  config: Pick<AgentConfig, "blocked">,
  parts: AgentParts,
  tools: readonly Tool[],
): string {
  const hash = hashOf("agent", {
    scaffold: "native",
    version: NATIVE_VERSION,
    prompts: { ...parts.prompts, unusable: parts.unusable },
    toolset: TOOLSET_VERSION,
    schemas: nativeSchemas(tools),
    ...sourcesOf(tools),
    ...extrasOf(config, parts),
  });
  return `native-${NATIVE_VERSION}:${hash}`;
}

/** The user's own tools by the content of their files; without any, nothing that could move a hash. */
function sourcesOf(tools: readonly Tool[]): { readonly sources?: readonly (readonly [string, string])[] } {
  const sources = tools.flatMap(({ name, source }) =>
    source === undefined ? [] : [[name, source] as const],
  );
  return sources.length === 0 ? {} : { sources };
}

function extrasOf({ blocked }: Pick<AgentConfig, "blocked">, { summary, demonstration }: AgentParts) {
  return {
    ...(summary === null ? {} : { summary }),
    ...(demonstration === null ? {} : { demonstration }),
    ...(blocked === undefined ? {} : { blocked: blockedCommands(blocked) }),
  };
}

// What an agent is, as one text for the play hash: scaffold, prompts and tools, with all that a model reads of them.
import { hashOf } from "../core/hash.ts";
import type { Tool } from "../core/tool.ts";
import { nativeSchemas } from "../tools/nativeSchemas.ts";
import { TOOLSET_VERSION, toolDocs, toolSchemas } from "../tools/toolset.ts";
import type { NativePrompts, Prompts } from "./prompts.ts";

/** Raised by hand when replies are read or messages are built otherwise than before. */
const FENCED_VERSION = 1;
const NATIVE_VERSION = 1;

/** `fenced-<version>:<hash>` over scaffold version, prompt files, and the tools' signatures, docs and schemas. */
export function fencedIdentity(prompts: Prompts, tools: readonly Tool[]): string {
  const hash = hashOf("agent", {
    scaffold: "fenced",
    version: FENCED_VERSION,
    prompts,
    toolset: TOOLSET_VERSION,
    docs: toolDocs(tools),
    schemas: toolSchemas(tools),
    ...sourcesOf(tools),
  });
  return `fenced-${FENCED_VERSION}:${hash}`;
}

/** `native-<version>:<hash>` over scaffold version, prompt files, and the tools' native schemas. */
export function nativeIdentity(prompts: NativePrompts, tools: readonly Tool[]): string {
  const hash = hashOf("agent", {
    scaffold: "native",
    version: NATIVE_VERSION,
    prompts,
    toolset: TOOLSET_VERSION,
    schemas: nativeSchemas(tools),
    ...sourcesOf(tools),
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

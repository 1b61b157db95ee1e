// The memory that an agent's configuration names: read once, frozen, and known by the hash of what it says.
import { UserError } from "../core/errors.ts";
import { type FrozenMemory, NO_HOST } from "../core/host.ts";
import type { Tool } from "../core/tool.ts";
import { frozenMemory } from "../memory/frozenMemory.ts";
import { MEMORY_BYTES_MAX, memoryHash, type Note, parseNotes } from "../memory/notes.ts";
import { readTextFile } from "../tasks/readText.ts";
import { memoryReadTool } from "../tools/memoryRead.ts";

export interface NamedMemory {
  readonly memory: FrozenMemory;
  /** `sha256:…` over the notes, which stands in keys and records for the path; null where the agent has no memory file. */
  readonly name: string | null;
}

/**
 * Reads the memory of an agent that has these tools, relative to where the command runs; undefined: it has none. Throws UserError that
 * begins with `place`, where it is named.
 */
export async function memoryOf(
  file: string | undefined,
  tools: readonly Tool[],
  place: string,
): Promise<NamedMemory> {
  if (file === undefined) return { memory: NO_HOST.memory, name: null };
  if (!tools.includes(memoryReadTool)) {
    throw new UserError(
      `${place}: no tool here reads ${file}; add memory_read to the agent's tools, or leave memory out`,
    );
  }
  const notes = await readNotes(file, `${place}: `);
  return { memory: frozenMemory(notes), name: `sha256:${memoryHash(notes)}` };
}

/** The notes of a memory file. Throws UserError that begins with `place`. */
export async function readNotes(file: string, place = ""): Promise<readonly Note[]> {
  try {
    return parseNotes(await readTextFile(file, "the memory", MEMORY_BYTES_MAX), file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${place}${error.message}`, { cause: error });
  }
}

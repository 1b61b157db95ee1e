// `memory_read`: finds notes of earlier attempts by words. The memory is frozen: it is part of what the agent is, as its tools are.
import { z } from "zod";
import { NO_HOST } from "../core/host.ts";
import type { Tool } from "../core/tool.ts";
import { said } from "./result.ts";
import { unquoted } from "./unquoted.ts";

const QUERY_CHARACTERS_MAX = 1_000;
/** Notes of one answer. */
const NOTES_SHOWN_MAX = 5;

const memoryReadArguments = z.strictObject({
  query: z
    .string()
    .max(QUERY_CHARACTERS_MAX)
    .refine((text) => text.trim() !== "", "the query is empty"),
});

export const memoryReadTool: Tool<typeof memoryReadArguments> = {
  name: "memory_read",
  signature: "memory_read <query>",
  description: `Finds up to ${NOTES_SHOWN_MAX} notes of earlier attempts that share words with the query, nearest first.`,
  arguments: memoryReadArguments,
  native: {
    description: "Finds notes of earlier attempts that share words with the query, nearest first.",
    arguments: { query: "Words to look for." },
  },
  endMarker: null,
  parseText: (rest) => {
    const query = unquoted(rest);
    if (query === "") return "`memory_read` needs some words to look for: `memory_read <query>`.";
    return query.length > QUERY_CHARACTERS_MAX ? "That is too long to look for." : { query };
  },
  replay: "record",
  repeatable: true,
  async run({ query }, { state, host = NO_HOST }) {
    const { noteCount } = host.memory;
    if (noteCount === 0) return said("There are no notes of earlier attempts.", state);
    const held = noteCount === 1 ? "1 note" : `${noteCount} notes`;
    const found = host.memory.find(query, NOTES_SHOWN_MAX);
    if (found.length === 0) return said(`No note shares a word with that; there are ${held}.`, state);
    const lines = found.map(({ text, task }, index) => {
      const where = task === null ? "" : `[${task}] `;
      return `${index + 1}. ${where}${text}`;
    });
    return said([`Nearest of ${held}:`, ...lines].join("\n"), state);
  },
};

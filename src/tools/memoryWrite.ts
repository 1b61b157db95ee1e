// `memory_write`: writes a note down for later rollouts. It changes nothing now: the note is the record of the action, and
// `nightshift memory merge` joins it to the memory of the next epoch.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";
import { said } from "./result.ts";
import { unquoted } from "./unquoted.ts";

/** As long as a line of a memory file may be (see NOTE_CHARACTERS_MAX in memory/). */
const TEXT_CHARACTERS_MAX = 2_000;

const memoryWriteArguments = z.strictObject({
  text: z
    .string()
    .max(TEXT_CHARACTERS_MAX)
    .refine((text) => text.trim() !== "", "the note is empty"),
});

export const memoryWriteTool: Tool<typeof memoryWriteArguments> = {
  name: "memory_write",
  signature: "memory_write <text>",
  description:
    `Writes down a finding of up to ${TEXT_CHARACTERS_MAX} characters that may help in later attempts. ` +
    "It can be read there, not in this one.",
  arguments: memoryWriteArguments,
  native: {
    description:
      "Writes down a finding that may help in later attempts. It can be read there, not in this one.",
    arguments: { text: "The finding, in a few sentences." },
  },
  endMarker: null,
  parseText: (rest) => {
    const text = unquoted(rest);
    if (text === "") return "`memory_write` needs a text: `memory_write <text>`.";
    return text.length > TEXT_CHARACTERS_MAX
      ? `The text has ${text.length} characters; a note has at most ${TEXT_CHARACTERS_MAX}.`
      : { text };
  },
  replay: "record",
  repeatable: true,
  run: async (_args, { state }) => said("Written down for later attempts.", state),
};

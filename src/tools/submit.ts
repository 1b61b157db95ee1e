// `submit`: hands in the submission and ends the episode. A signal only: the environment acts on it.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";

const submitArguments = z.strictObject({});

export const submitTool: Tool<typeof submitArguments> = {
  name: "submit",
  signature: "submit",
  description: "Hands in the submission as it stands and ends your work. Nothing can be changed afterwards.",
  arguments: submitArguments,
  native: {
    description:
      "Hands in the submission as it stands and ends your work. Nothing can be changed afterwards.",
    arguments: {},
  },
  endMarker: null,
  parseText: (rest) => (rest.trim() === "" ? {} : "`submit` stands alone: write nothing after it."),
  replay: "record",
  repeatable: true,
  run: async () => ({ kind: "submit" }),
};

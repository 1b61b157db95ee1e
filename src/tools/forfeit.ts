// `forfeit`: gives up and ends the episode. A signal only: the environment acts on it.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";

const forfeitArguments = z.strictObject({});

export const forfeitTool: Tool<typeof forfeitArguments> = {
  name: "forfeit",
  signature: "forfeit",
  description:
    "Gives up and ends your work without handing in anything. Use it only when nothing can be done.",
  arguments: forfeitArguments,
  native: {
    description:
      "Gives up and ends your work without handing in anything. Use it only when nothing can be done.",
    arguments: {},
  },
  endMarker: null,
  parseText: (rest) => (rest.trim() === "" ? {} : "`forfeit` stands alone: write nothing after it."),
  replay: "record",
  repeatable: true,
  run: async () => ({ kind: "forfeit" }),
};

// `validate`: asks the environment to score the submission as it stands. A signal only: the environment acts on it.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";

const validateArguments = z.strictObject({});

export const validateTool: Tool<typeof validateArguments> = {
  name: "validate",
  signature: "validate",
  description:
    "Scores the submission as it stands now, on cases kept for this, and tells you the score next to the baseline. The number of validations is limited; asking again about an unchanged submission costs none.",
  arguments: validateArguments,
  native: {
    description:
      "Scores the submission as it stands now, on cases kept for this, and tells you the score next to the baseline. The number of validations is limited; asking again about an unchanged submission costs none.",
    arguments: {},
  },
  endMarker: null,
  parseText: (rest) => (rest.trim() === "" ? {} : "`validate` stands alone: write nothing after it."),
  replay: "record",
  repeatable: true,
  run: async () => ({ kind: "validate" }),
};

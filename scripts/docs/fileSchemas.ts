// The JSON Schemas of the files that people write, made from the schemas that read them: what editors complete and check against.
import { z } from "zod";
import { taskDefinitionSchema } from "../../src/core/task.ts";
import { pipelineSchema } from "../../src/pipeline/pipelineFile.ts";
import { dataFileSchema } from "../../src/tasks/data/dataFile.ts";
import { familyFileSchema } from "../../src/tasks/families/familyFile.ts";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

export const pipelineFileSchema = (): JsonSchema => inputSchema("Nightshift pipeline file", pipelineSchema);
export const taskFileSchema = (): JsonSchema => inputSchema("Nightshift task.yaml", taskDefinitionSchema);

export const dataSchema = (): JsonSchema => inputSchema("Nightshift data.yaml", dataFileSchema);
export const familySchema = (): JsonSchema => inputSchema("Nightshift family.yaml", familyFileSchema);

/** Draft 7, which every YAML editor knows; the input side, where what has a default may be left out. */
function inputSchema(title: string, schema: z.ZodType): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
    override: ({ jsonSchema }) => {
      // The bounds of exact integers are no limit that a reader of the page should meet.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { ...($schema === undefined ? {} : { $schema }), title, ...rest };
}

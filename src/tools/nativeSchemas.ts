// The tools as models are told of them that call them natively: descriptions and arguments in the words of a call, where the
// docs of text scaffolds speak of lines and end marks.
import { z } from "zod";
import type { ToolSchema } from "../core/model.ts";
import type { Tool } from "../core/tool.ts";

/**
 * Throws a RangeError for an argument that a tool's native doc leaves out: a fault in this program. A tool without such a doc is told of
 * by its description and by what its schema says of the arguments.
 */
export function nativeSchemas(tools: readonly Tool[]): readonly ToolSchema[] {
  return tools.map((tool) => {
    const { $schema: _dialect, properties = {}, ...schema } = z.toJSONSchema(tool.arguments, { io: "input" });
    const { native } = tool;
    if (native === undefined) {
      return { name: tool.name, description: tool.description, parameters: { ...schema, properties } };
    }
    const described = Object.entries(properties).map(([name, property]) => {
      const description = native.arguments[name];
      if (description === undefined || typeof property === "boolean") {
        throw new RangeError(`the argument ${name} of the tool ${tool.name} has no native description`);
      }
      return [name, { ...property, description }] as const;
    });
    const parameters = { ...schema, properties: Object.fromEntries(described) };
    return { name: tool.name, description: native.description, parameters };
  });
}

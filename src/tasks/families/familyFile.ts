// family.yaml: what the instances of a family have in common, and what differs between them.
import { z } from "zod";

const PARAMETER_NAME = /^[a-z][A-Za-z0-9]*$/;
const bound = z.number();
const parameterSchema = z
  .union([
    z
      .strictObject({
        choices: z
          .array(z.union([z.string(), z.number(), z.boolean()]))
          .min(1)
          .describe("The values there are."),
        meaning: z.string().min(1).describe("What it changes."),
      })
      .describe("One of a few values."),
    z
      .strictObject({
        from: bound.describe("The least."),
        to: bound.describe("The most."),
        integer: z.boolean().default(false).describe("Whole numbers only."),
        meaning: z.string().min(1).describe("What it changes."),
      })
      .refine(({ from, to }) => from <= to, { message: "`from` must not be above `to`" })
      .describe("A number from a range, its ends included."),
  ])
  .describe("`choices`, or `from` and `to`.");
export type FamilyParameter = z.infer<typeof parameterSchema>;

export const familyFileSchema = z.strictObject({
  title: z.string().min(1).describe("The family's name for people."),
  domain: z.string().min(1).describe("Field of research, for reports and splits."),
  licence: z.string().min(1).describe("SPDX name of the licence of the instances."),
  use: z.enum(["train", "heldOut"]).describe("What its instances are for; a benchmark has none."),
  version: z.int().positive().describe("Raised by hand when instances come to mean something else."),
  honeypots: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      "Share of instances, 0 to 1, that are honeypots: traps whose success proves a cheat. Which, hangs on the seed alone. Only for families whose generator can lay traps.",
    ),
  parameters: z
    .record(z.string(), parameterSchema)
    .superRefine((parameters, context) => {
      for (const name of Object.keys(parameters)) {
        if (PARAMETER_NAME.test(name)) continue;
        context.addIssue({
          code: "custom",
          path: [name],
          message: "a parameter's name is camelCase, such as fieldCount",
        });
      }
    })
    .describe(
      "What differs between instances; each instance records its own in `parameters` of its task.yaml.",
    ),
});
export type FamilyFile = z.infer<typeof familyFileSchema>;

/** What is wrong with an instance's parameters by its family's file; null where nothing is. */
export function parameterFault(
  family: FamilyFile,
  found: Readonly<Record<string, string | number | boolean>>,
): string | null {
  for (const name of Object.keys(family.parameters)) {
    if (!(name in found)) return `it records no parameter ${name}`;
  }
  for (const [name, value] of Object.entries(found)) {
    const parameter = family.parameters[name];
    if (parameter === undefined) return `it records a parameter ${name}, which family.yaml does not name`;
    const shown = JSON.stringify(value);
    if ("choices" in parameter) {
      if (!parameter.choices.includes(value)) return `its ${name} is ${shown}, none of family.yaml's choices`;
      continue;
    }
    const { from, to, integer } = parameter;
    if (typeof value !== "number" || value < from || value > to || (integer && !Number.isInteger(value))) {
      return `its ${name} is ${shown}, not ${integer ? "a whole number" : "a number"} from ${from} to ${to}`;
    }
  }
  return null;
}

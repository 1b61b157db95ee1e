// data.yaml: where a task's data comes from, under what licence, and how it becomes what agents and the judge see.
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import { hashOf, sha256 } from "../../core/hash.ts";
import type { TaskData, TaskFile } from "../../core/task.ts";
import { decodeText } from "../readText.ts";
import { parseYaml } from "../yamlFile.ts";

const DIGEST = /^[0-9a-f]{64}$/;
const digest = z.string().regex(DIGEST, "must be a SHA-256, 64 hexadecimal digits");
const filePattern = z
  .string()
  .min(1)
  .refine((text) => !text.startsWith("/") && !text.split("/").includes(".."), {
    message: "must be relative to what was unpacked, without ..",
  });
const patterns = z.array(filePattern).min(1).describe("Paths or glob patterns of the files that are wanted.");

export const dataSourceSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z
      .literal("debian")
      .describe("A package of Debian's, fetched by apt-get and unpacked, not installed."),
    package: z
      .string()
      .regex(/^[a-z0-9][a-z0-9+.-]+$/, "must be a package's name")
      .describe("Its name."),
    files: patterns,
  }),
  z.strictObject({
    kind: z.literal("npm").describe("A package of npm's, fetched by npm pack."),
    package: z
      .string()
      .regex(/^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/, "must be a package's name")
      .describe("Its name."),
    version: z
      .string()
      .regex(/^\d[\w.+-]*$/, "must be one exact version")
      .describe("The exact version."),
    files: patterns,
  }),
  z.strictObject({
    kind: z
      .literal("pypi")
      .describe("A package of Python's index, fetched by pip without what it depends on."),
    package: z
      .string()
      .regex(/^[A-Za-z0-9][\w.-]*$/, "must be a package's name")
      .describe("Its name."),
    version: z
      .string()
      .regex(/^\d[\w.+!-]*$/, "must be one exact version")
      .describe("The exact version."),
    files: patterns,
  }),
  z.strictObject({
    kind: z.literal("url").describe("A file of the web."),
    url: z
      .string()
      .regex(/^https?:\/\/\S+$/, "must be an http(s) address")
      .describe("Its address."),
    path: filePattern.describe("The name that it gets."),
    sha256: digest
      .optional()
      .describe("Its SHA-256; absent where whoever wrote the task could not fetch it."),
    bytesMax: z.int().positive().describe("A larger answer is refused, bytes."),
  }),
]);
export type DataSource = z.infer<typeof dataSourceSchema>;

export const dataFileSchema = z.strictObject({
  licence: z.string().min(1).describe("SPDX name of the licence of the data."),
  description: z.string().min(1).describe("What the data is and where it comes from."),
  sources: z.array(dataSourceSchema).min(1).max(32).describe("What is fetched, in this order."),
  prepare: z
    .literal("prepare.py")
    .default("prepare.py")
    .describe(
      "The script that turns the sources into `public/` and `hidden/`; Python's standard library only.",
    ),
  prepared: z
    .strictObject({
      public: digest.describe("Of what agents see at `/data`."),
      hidden: digest.describe("Of what only the judge sees."),
    })
    .optional()
    .describe("Hashes of the prepared trees, written by `nightshift data prepare --record`."),
  bytes: z.int().positive().describe("About how much is fetched, bytes."),
});
export type DataFile = z.infer<typeof dataFileSchema>;

/** The task's data as its files declare it; null where it brings none. Throws a UserError with file and line. */
export async function dataOf(files: readonly TaskFile[], label: string): Promise<TaskData | null> {
  const read = (name: string) => files.find((file) => file.path === name);
  const declared = read("data.yaml");
  const script = read("prepare.py");
  if (declared === undefined) {
    if (script === undefined) return null;
    throw new UserError(
      `${label}/prepare.py: there is no data.yaml beside it; write one, or take the script out`,
    );
  }
  const { licence, description, bytes, prepared, sources } = parseDataFile(
    decodeText(declared.data, `${label}/data.yaml`),
    `${label}/data.yaml`,
  );
  if (script === undefined) {
    throw new UserError(`${label}/prepare.py: missing; data.yaml needs the script that prepares its sources`);
  }
  const recipe = hashOf("data", { sources, script: sha256(script.data) });
  return { licence, description, bytes, recipe, prepared: prepared ?? null };
}

/** A data.yaml against its schema. */
export function parseDataFile(text: string, label: string): DataFile {
  return parseYaml(text, label, dataFileSchema);
}

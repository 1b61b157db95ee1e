// run.json: what a run is, in one file; and the paths of the parts around it. It says nothing of how far the run has come.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";
import { fileErrorCode } from "./disk.ts";

/** Version of the directory's layout and of every record in it. Raised when an older program could misread it. */
export const RUN_FORMAT_VERSION = 1;

export const runJsonSchema = z.strictObject({
  version: z.literal(RUN_FORMAT_VERSION),
  runId: z.string().min(1),
  /** ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
  codeVersion: z.string(),
  /** The pipeline file as the user wrote it. */
  pipelineText: z.string(),
  /** The pipeline with every default filled in and everything it names resolved. */
  resolved: z.json(),
});
export type RunJson = z.infer<typeof runJsonSchema>;

/** Absolute paths of a run's parts. */
export interface RunPaths {
  readonly directory: string;
  readonly runJson: string;
  readonly ledger: string;
  readonly steps: string;
  readonly archive: string;
  readonly blobs: string;
  readonly snapshots: string;
  readonly dataset: string;
  readonly exports: string;
  readonly lock: string;
}

/** The paths of a run's parts, whether or not they exist. */
export function runPaths(directory: string): RunPaths {
  const root = resolve(directory);
  return {
    directory: root,
    runJson: join(root, "run.json"),
    ledger: join(root, "ledger.jsonl"),
    steps: join(root, "steps"),
    archive: join(root, "archive"),
    blobs: join(root, "blobs"),
    snapshots: join(root, "snapshots"),
    dataset: join(root, "dataset"),
    exports: join(root, "exports"),
    lock: join(root, "lock"),
  };
}

/** Reads run.json. Throws UserError when the directory holds no run, or one that this version cannot read. */
export async function readRunJson(paths: RunPaths): Promise<RunJson> {
  let text: string;
  try {
    text = await readFile(paths.runJson, "utf8");
  } catch (error) {
    const code = fileErrorCode(error);
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    throw new UserError(
      `${paths.directory} holds no run: there is no run.json in it; name the folder that \`nightshift run\` printed`,
      { cause: error },
    );
  }
  const version = z.looseObject({ version: z.int().positive() }).safeParse(parsed(text)).data?.version;
  if (version !== undefined && version > RUN_FORMAT_VERSION) {
    throw new UserError(
      `${paths.directory} was written by a newer nightshift (format ${version}; this one knows ${RUN_FORMAT_VERSION}): ` +
        "update nightshift to open it",
    );
  }
  const runJson = runJsonSchema.safeParse(parsed(text));
  if (runJson.success) return runJson.data;
  throw new UserError(
    `${paths.runJson} is not nightshift's, or damaged (${parsed(text) === null ? "no JSON" : errorText(runJson.error)}); ` +
      "restore it from a copy, or start a new run",
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

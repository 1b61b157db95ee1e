// Makes the submission that a set of workspace files stands for, in a sandbox of its own where the task names a command for it.
import { randomUUID } from "node:crypto";
import { within } from "../core/errors.ts";
import { FileAccessError, type SandboxBackend } from "../core/sandbox.ts";
import { covers, filesBelow, isFolderPath } from "../core/submissionPath.ts";
import { dataEnvironment, type Task, type TaskFile } from "../core/task.ts";

const MAKE_OUTPUT_BYTES = 4_096;
const SHOWN_CHARS_MAX = 200;
const ORPHAN_TTL_MS = 60_000;
/** What a sandbox needs beyond the command itself: being started, read and removed. */
const SANDBOX_MS = 60_000;

/** The files handed in, by path. */
export type SubmissionContent = ReadonlyMap<string, Uint8Array>;

export type Made =
  | { readonly files: SubmissionContent; readonly makeMs: number }
  /** Why there is nothing to hand in. */
  | { readonly reason: string };

/**
 * The declared files out of the workspace with `files` laid over it. Where one of them is missing the task's `make` command is run in
 * a fresh sandbox first. Throws BoundaryError("sandbox") when there is no sandbox.
 */
export async function submissionOf(
  of: {
    task: Task;
    files: readonly TaskFile[];
    backend: SandboxBackend;
    runId: string;
    makeMsMax: number;
  },
  signal: AbortSignal,
): Promise<Made> {
  const { definition } = of.task;
  const tree = new Map([...of.task.workspace, ...of.files].map((file) => [file.path, file]));
  const own = new Map(of.files.map((file) => [file.path, file]));
  const from = definition.make === undefined ? tree : own;
  const isReady = ({ path }: { readonly path: string }) =>
    isFolderPath(path) ? definition.make === undefined : from.has(path);
  if (definition.submission.every(isReady)) {
    const isDeclared = ([name]: readonly [string, unknown]) =>
      definition.submission.some(({ path }) => covers(path, name));
    const ready = [...from].filter(isDeclared).map(([name, file]) => [name, file.data] as const);
    return { files: new Map(ready), makeMs: 0 };
  }
  const command = definition.make;
  if (command === undefined) {
    const missing = definition.submission.find((declared) => !isReady(declared));
    return { reason: `there is no ${missing?.path ?? "file"}, and task.yaml names no \`make\` command` };
  }
  return within("sandbox", `making a submission of ${of.task.id}`, async () => {
    await using sandbox = await of.backend.create(
      {
        runId: of.runId,
        owner: `make-${randomUUID()}`,
        purpose: "rollout",
        image: definition.image,
        files: [...tree.values()],
        mounts: of.task.mounts,
        limits: { ...definition.resources, lifetimeMs: of.makeMsMax + SANDBOX_MS },
        env: dataEnvironment(of.task),
        network: false,
        orphanTtlMs: ORPHAN_TTL_MS,
      },
      signal,
    );
    const options = { timeoutMs: of.makeMsMax, outputBytesMax: MAKE_OUTPUT_BYTES, signal };
    const result = await sandbox.exec("make", ["bash", "-c", command], options);
    if (result.timedOut) return { reason: `\`${command}\` takes more than ${of.makeMsMax / 1000} s` };
    if (result.exitCode !== 0) {
      const said = result.output.trim().replaceAll(/\s+/g, " ").slice(-SHOWN_CHARS_MAX);
      return { reason: `\`${command}\` ended with ${result.signal ?? result.exitCode}: ${said}` };
    }
    const files = new Map<string, Uint8Array>();
    const wanted: { readonly path: string; readonly bytesMax: number }[] = [];
    for (const declared of definition.submission) {
      if (!isFolderPath(declared.path)) wanted.push(declared);
      else {
        const below = await filesBelow(sandbox, declared.path, { actionId: `list-${declared.path}`, signal });
        if (typeof below === "string") return { reason: `after \`${command}\`: ${below}` };
        wanted.push(...below.map((path) => ({ path, bytesMax: declared.bytesMax })));
      }
    }
    for (const { path, bytesMax } of wanted) {
      const data = await sandbox.read(path, bytesMax).catch((error: unknown) => {
        if (error instanceof FileAccessError) return error;
        throw error;
      });
      if (data instanceof FileAccessError) {
        const how = data.code === "tooLarge" ? `is larger than ${bytesMax} bytes` : "is not there";
        return { reason: `after \`${command}\` ${path} ${how}` };
      }
      files.set(path, data);
    }
    return { files, makeMs: result.durationMs };
  });
}

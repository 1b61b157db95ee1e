// The two rooms of one evaluation: the judge's, and for submissions that run, one of their own. They share nothing.
import { randomUUID } from "node:crypto";
import { errorText, within } from "../core/errors.ts";
import type { Log } from "../core/runtime.ts";
import type { Sandbox, SandboxBackend, SandboxFile, SandboxLimits } from "../core/sandbox.ts";
import { covers, isFolderPath } from "../core/submissionPath.ts";
import { dataEnvironment, JUDGE_RESOURCES, judgeTrust, type Task } from "../core/task.ts";
import { SUBMISSION_FOLDER } from "./submissionFiles.ts";

const ORPHAN_TTL_MS = 60_000;

export interface Rooms extends AsyncDisposable {
  readonly judge: Sandbox;
  /** Null where the submission is data and nothing of it runs. */
  readonly submission: Sandbox | null;
}

export interface RoomsOptions {
  readonly backend: SandboxBackend;
  readonly log: Log;
  readonly runId: string;
  readonly task: Task;
  readonly submission: readonly SandboxFile[];
  readonly lifetimeMs: number;
}

/** Opens fresh rooms without a network. Disposing them never throws: what could not be removed is logged and swept later. */
export async function openRooms(options: RoomsOptions, signal: AbortSignal): Promise<Rooms> {
  const { backend, log, runId, task, submission, lifetimeMs } = options;
  const owner = `evaluation-${randomUUID()}`;
  const open = (
    purpose: "judge" | "submission",
    files: readonly SandboxFile[],
    limits: Omit<SandboxLimits, "lifetimeMs">,
  ) =>
    within("sandbox", `opening the ${purpose} room of ${task.id}`, () =>
      backend.create(
        {
          runId,
          owner: `${owner}/${purpose}`,
          purpose,
          image: task.definition.image,
          files,
          mounts: purpose === "submission" ? task.mounts : [],
          limits: { ...limits, lifetimeMs },
          env: purpose === "submission" ? dataEnvironment(task) : {},
          network: false,
          orphanTtlMs: ORPHAN_TTL_MS,
        },
        signal,
      ),
    );
  const isData = task.definition.judge.kind === "csv";
  const submissionRoomFiles = isData
    ? []
    : [...task.harnessFiles, ...around(task, submission), ...submission];
  const judgeLimits = task.definition.judge.resources ?? JUDGE_RESOURCES;
  const [judge, room] = await Promise.allSettled([
    open("judge", isData ? [...task.judgeFiles, ...submission] : task.judgeFiles, judgeLimits),
    isData ? null : open("submission", submissionRoomFiles, task.definition.resources),
  ]);
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    for (const opened of [judge, room]) {
      if (opened.status === "rejected" || opened.value === null) continue;
      try {
        await opened.value[Symbol.asyncDispose]();
      } catch (error) {
        log.warn("room-not-removed", { task: task.id, error: errorText(error) });
      }
    }
  };
  if (judge.status === "rejected" || room.status === "rejected") {
    await close();
    throw judge.status === "rejected" ? judge.reason : room.status === "rejected" ? room.reason : undefined;
  }
  return { judge: judge.value, submission: room.value, [Symbol.asyncDispose]: close };
}

/** What lies around a submitted package: the pristine starter files, save those handed in. Other kinds get none. */
function around({ definition, workspace }: Task, submission: readonly SandboxFile[]): readonly SandboxFile[] {
  if (judgeTrust(definition) !== "shared") return [];
  const handedIn = new Set(submission.map(({ path }) => path));
  // What is missing from a folder that was handed in whole was taken away on purpose.
  const folders = definition.submission.filter(({ path }) => isFolderPath(path));
  return workspace
    .filter((file) => !folders.some(({ path }) => covers(path, file.path)))
    .map((file) => ({ ...file, path: `${SUBMISSION_FOLDER}/${file.path}` }))
    .filter(({ path }) => !handedIn.has(path));
}

// Puts `tasks check` and `tasks new` together: which tasks, which sandboxes, and what is written back.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { checkTask } from "../judge/checkTask.ts";
import { heldBlobs } from "../judge/heldBlobs.ts";
import { judge } from "../judge/judge.ts";
import type { TaskReport } from "../judge/taskReport.ts";
import { listTasks } from "../tasks/listTasks.ts";
import { loadTask } from "../tasks/loadTask.ts";
import { newTask } from "../tasks/newTask.ts";
import { readSolutions } from "../tasks/readSolutions.ts";
import { recordMeasured } from "../tasks/recordMeasured.ts";
import { BACKEND_NAMES, chooseBackend, namedBackend } from "./backends.ts";
import { PACKAGE_ROOT } from "./packageRoot.ts";
import { findTask, listTaskIds } from "./tasks.ts";
import type { World } from "./world.ts";

export type { TaskReport } from "../judge/taskReport.ts";

const KEY_BYTES = 32;
const TASK_SCHEMA = path.join(PACKAGE_ROOT, "schemas", "task.json");

/** Lays out a new task; returns its folder. Throws UserError, with nothing written, where that cannot be. */
export async function makeTask(of: { name: string; kind: string; tasksRoot: string }): Promise<string> {
  const folder = path.join(of.tasksRoot, of.name);
  const key = randomBytes(KEY_BYTES).toString("hex");
  // A way to a package elsewhere, such as a cache of npx, would be good for one machine only, and not for long.
  const isHere = [folder, PACKAGE_ROOT].every((place) => !path.relative(".", place).startsWith(".."));
  await newTask({ ...of, key, ...(isHere ? { schema: path.relative(folder, TASK_SCHEMA) } : {}) });
  return folder;
}

export interface CheckRequest {
  readonly ids: readonly string[];
  /** Every task there is, the shipped ones among them. */
  readonly all: boolean;
  readonly backend: string;
  readonly seeds: number;
  readonly record: boolean;
}

/** Checks tasks one after the other. Throws UserError on an unknown task or backend, before anything runs. */
export async function* checkTasks(
  world: World,
  request: CheckRequest,
  signal: AbortSignal,
): AsyncGenerator<TaskReport> {
  const targets = await targetsOf(request);
  const { clock, log } = world;
  const blobs = heldBlobs();
  const named = BACKEND_NAMES.find((name) => name === request.backend);
  if (named === undefined && request.backend !== "auto") {
    throw new UserError(
      `--backend ${JSON.stringify(request.backend)}: no such backend; ${suggestion(request.backend, ["auto", ...BACKEND_NAMES])}`,
    );
  }
  const chosen = named ?? (await chooseBackend(world, { backend: "auto", unsafe: false, docker: null })).name;
  const backend = namedBackend(world, chosen, null, blobs);
  const runId = `check-${randomUUID()}`;
  try {
    await backend.probe();
    const evaluator = judge({ backend, blobs, clock, runId, log });
    for (const { root, id } of targets) {
      const options = { evaluator, blobs, backend, clock, runId, seeds: request.seeds };
      const task = await loadTask(root, id).catch((error: unknown) => {
        if (error instanceof UserError) return error;
        throw error;
      });
      if (task instanceof UserError) {
        yield unreadable(id, task.message);
        continue;
      }
      await backend.checkImage(task.definition.image);
      const solutions = await readSolutions(task);
      const compareRecorded = !request.record;
      const report = await checkTask(task, solutions, { ...options, compareRecorded }, signal);
      yield request.record ? await recorded(root, id, report) : report;
    }
  } finally {
    await backend.sweep({ runId });
    await backend.close();
  }
}

async function targetsOf({ ids, all }: CheckRequest): Promise<readonly { root: string; id: string }[]> {
  if (all) return Promise.all((await listTaskIds()).map(async (id) => ({ root: await findTask(id), id })));
  if (ids.length > 0) return Promise.all(ids.map(async (id) => ({ root: await findTask(id), id })));
  const own = path.resolve("tasks");
  const found = existsSync(own) ? await listTasks(own) : [];
  if (found.length === 0) throw new UserError(`there is no task in ${own}; name tasks, or take --all`);
  return found.map((id) => ({ root: own, id }));
}

/** Writes what was measured into task.yaml, unless the task would no longer load: then the file is put back. */
async function recorded(root: string, id: string, report: TaskReport): Promise<TaskReport> {
  const { measured, sigma } = report;
  if (measured === null || sigma === null) return report;
  const scoreOf = (name: string) =>
    report.solutions.find((solution) => solution.name === name)?.score ?? null;
  const folder = path.join(root, id);
  const file = path.join(folder, "task.yaml");
  const before = await readFile(file);
  await recordMeasured(folder, {
    starter: measured,
    sigma,
    probe: scoreOf("probe"),
    best: scoreOf("reference"),
  });
  try {
    await loadTask(root, id);
    return { ...report, recorded: measured };
  } catch (error) {
    await writeFile(file, before);
    if (!(error instanceof UserError)) throw error;
    return { ...report, defects: [...report.defects, `nothing was recorded: ${error.message}`] };
  }
}

function unreadable(id: string, message: string): TaskReport {
  return {
    task: id,
    recorded: null,
    measured: null,
    sigma: null,
    solutions: [],
    forgeries: { tried: 0, held: 0 },
    judgeSecondsMost: 0,
    seconds: 0,
    defects: message.split("\n"),
  };
}

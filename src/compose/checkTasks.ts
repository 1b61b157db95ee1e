// Puts `tasks check` and `tasks new` together: which tasks, which sandboxes, and what is written back.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import type { Evaluator } from "../core/evaluation.ts";
import { suggestion } from "../core/nearest.ts";
import type { BlobStore, SandboxBackend } from "../core/sandbox.ts";
import { signedScore, type Task } from "../core/task.ts";
import { type CaseBook, caseBook } from "../judge/caseBook.ts";
import { checkTask, type Scored } from "../judge/checkTask.ts";
import { heldBlobs } from "../judge/heldBlobs.ts";
import { judge } from "../judge/judge.ts";
import { quickCheck } from "../judge/quickCheck.ts";
import { type TaskReport, untried } from "../judge/taskReport.ts";
import { noGpus } from "../sandbox/localBackend.ts";
import { writtenOut } from "../tasks/families/taskNames.ts";
import { listTasks } from "../tasks/listTasks.ts";
import { loadTask } from "../tasks/loadTask.ts";
import { newTableTask } from "../tasks/newTableTask.ts";
import { newTask } from "../tasks/newTask.ts";
import { readSolutions } from "../tasks/readSolutions.ts";
import { recordMeasured } from "../tasks/recordMeasured.ts";
import { readStoredScores, writeStoredScores } from "../tasks/storedScores.ts";
import { BACKEND_NAMES, chooseBackend, namedBackend, pythonOf } from "./backends.ts";
import { formatProof } from "./formatProof.ts";
import { PACKAGE_ROOT } from "./packageRoot.ts";
import { seenBy } from "./seenBy.ts";
import {
  findTask,
  hasItsData,
  inOrder,
  instanceFault,
  listAllFamilies,
  listTaskIds,
  openTask,
} from "./tasks.ts";
import { machineTurns } from "./turns.ts";
import type { World } from "./world.ts";

export { GATES, type TaskReport } from "../judge/taskReport.ts";

const PLAIN_IMAGE = "python";
const NEVER = new AbortController().signal;
const KEY_BYTES = 32;
/** Seeds of the stored ones that `--quick` judges again, where the judge draws. */
const QUICK_SEEDS = 2;
const TASK_SCHEMA = path.join(PACKAGE_ROOT, "schemas", "task.json");

/** Lays out a new task; returns its folder. Throws UserError, with nothing written, where that cannot be. */
export async function makeTask(
  world: World,
  of: { name: string; kind: string; tasksRoot: string; table: { file: string; target: string } | null },
): Promise<string> {
  const folder = path.join(of.tasksRoot, of.name);
  const key = randomBytes(KEY_BYTES).toString("hex");
  // A way to a package elsewhere, such as a cache of npx, would be good for one machine only, and not for long.
  if (of.table !== null) {
    if (of.kind !== "csv")
      throw new UserError(`--from ${of.table.file}: only tasks of --kind csv are made from a table`);
    await newTableTask({ ...of, table: of.table, key, python: pythonOf(world) }, NEVER);
    return folder;
  }
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
  /** Only judge stored submissions again. */
  readonly quick: boolean;
  /** Try tasks that need a GPU too. */
  readonly gpu: boolean;
  /** The share of the tasks on which forgeries are tried, above 0 and at most 1; spread evenly. */
  readonly forgeries: number;
}

/** What checking one task after the other takes. */
interface Bench {
  readonly backend: SandboxBackend;
  readonly blobs: BlobStore;
  readonly evaluator: Evaluator;
  readonly book: CaseBook;
  readonly runId: string;
}

/** Checks tasks one after the other. Throws UserError on an unknown task or backend, before anything runs. */
export async function* checkTasks(
  world: World,
  request: CheckRequest,
  signal: AbortSignal,
): AsyncGenerator<TaskReport> {
  const targets = await targetsOf(world, request, signal);
  const { clock, log } = world;
  const named = BACKEND_NAMES.find((name) => name === request.backend);
  if (named === undefined && request.backend !== "auto") {
    throw new UserError(
      `--backend ${JSON.stringify(request.backend)}: no such backend; ${suggestion(request.backend, ["auto", ...BACKEND_NAMES])}`,
    );
  }
  const chosen = named ?? (await chooseBackend(world, { backend: "auto", unsafe: false, docker: null })).name;
  const runId = `check-${randomUUID()}`;
  const turns = machineTurns(world);
  for (const [index, target] of targets.entries()) {
    // A store and a backend for each: what one task's submissions held is given back before the next.
    const blobs = heldBlobs();
    const backend = namedBackend(world, chosen, null, blobs);
    const book = caseBook();
    try {
      await backend.probe();
      const evaluator = judge({ backend, blobs, clock, runId, log, turns, onCases: book.note });
      yield await checked(
        world,
        request,
        { ...target, isForged: isEvenly(index, request.forgeries) },
        { backend, blobs, evaluator, book, runId },
        signal,
      );
    } finally {
      await backend.sweep({ runId });
      await backend.close();
    }
  }
}

async function checked(
  world: World,
  request: CheckRequest,
  { root, id, notProven: absent, isForged }: Target & { readonly isForged: boolean },
  bench: Bench,
  signal: AbortSignal,
): Promise<TaskReport> {
  if (absent !== undefined) return untried(id, { notProven: absent });
  const task = await orUserError(openTask(world, id, undefined, signal));
  if (task instanceof UserError) {
    return untried(id, { defects: task.message.split("\n").map((text) => ({ gate: "loads", text })) });
  }
  const format = await formatProof(world, task, signal);
  const about = {
    recorded: task.definition.anchors.starter,
    recordedSigma: task.definition.sigma,
    data: task.data === null ? "in the folder" : hasItsData(task) ? "prepared" : "not here",
    formatProven: format === null ? null : format.length === 0,
  };
  const broken = (format ?? []).map((text) => ({ gate: "data" as const, text }));
  const notProven = await whyNotHere(task, request, bench.backend);
  if (notProven !== null) return untried(id, { ...about, notProven, defects: broken });
  const unsteady = await orUserError(instanceFault(world, id, signal));
  if (unsteady !== null) {
    const text = unsteady instanceof UserError ? unsteady.message : unsteady;
    return untried(id, { ...about, defects: [{ gate: "loads", text }] });
  }
  const solutions = await readSolutions(task);
  const { clock } = world;
  if (request.quick) {
    const stored = await orUserError(readStoredScores(task));
    if (stored instanceof UserError) {
      return untried(id, { ...about, defects: [{ gate: "baseline", text: stored.message }] });
    }
    if (stored === null) {
      const remedy = isInstance(id)
        ? "an instance keeps none; check it without --quick"
        : `\`nightshift tasks check ${id} --record\` stores some`;
      return untried(id, { ...about, notProven: `no scores are stored to hold it against; ${remedy}` });
    }
    const seeds = task.definition.sigma === 0 ? 1 : QUICK_SEEDS;
    const report = await quickCheck(task, solutions, stored, { ...bench, clock, seeds }, signal);
    return { ...report, ...about, defects: [...broken, ...report.defects] };
  }
  const scored: Scored[] = [];
  const report = await checkTask(
    task,
    solutions,
    {
      ...bench,
      clock,
      cases: bench.book.cases,
      seeds: request.seeds,
      compareRecorded: !request.record || isInstance(id),
      forge: isForged,
      seen: await seenBy(task),
      onScored: (one) => scored.push(one),
    },
    signal,
  );
  const whole = { ...report, ...about, defects: [...broken, ...report.defects] };
  return request.record && !isInstance(id) ? await recorded(root, task, whole, scored) : whole;
}

/** Why a task cannot be tried on this machine, with what to do; null where it can. */
async function whyNotHere(
  task: Task,
  { gpu }: CheckRequest,
  backend: SandboxBackend,
): Promise<string | null> {
  const { definition } = task;
  if (definition.notPlayable !== undefined) return definition.notPlayable;
  if (!hasItsData(task)) return `its data is not prepared; \`nightshift data prepare ${task.id}\` does it`;
  if ((definition.resources.gpus ?? 0) > 0 && !gpu) {
    return "it needs a GPU; `tasks check --gpu --backend docker` tries it on a machine that has one";
  }
  const { gpus = 0 } = definition.resources;
  const { isolation } = await backend.probe();
  if (gpus > 0 && isolation !== "container") return noGpus(backend.name, gpus);
  const image = await orUserError(backend.checkImage(definition.image));
  if (image instanceof UserError) return image.message;
  // Backends without the image play what this machine has, which is enough for Python alone.
  const isHost = isolation !== "container" && image.capabilities?.hostFiles !== "enforced";
  return isHost && definition.image !== PLAIN_IMAGE
    ? `${backend.name} has no tree of the image ${definition.image}; unpack it with \`nightshift images build ${definition.image} --trees\`, or take --backend docker`
    : null;
}

async function orUserError<T>(work: Promise<T>): Promise<T | UserError> {
  return work.catch((error: unknown) => {
    if (error instanceof UserError) return error;
    throw error;
  });
}

/** Whether the share that falls to the first so many has grown with this one. */
function isEvenly(index: number, share: number): boolean {
  return Math.ceil((index + 1) * share) > Math.ceil(index * share);
}

interface Target {
  readonly root: string;
  readonly id: string;
  /** Why there is nothing here to check. */
  readonly notProven?: string;
}

/** An instance's numbers come from generate.py: the cache is no place to write them to. */
const isInstance = (id: string) => id.includes("/");

async function targetsOf(
  world: World,
  { ids, all, record }: CheckRequest,
  signal: AbortSignal,
): Promise<readonly Target[]> {
  const named = writtenOut(ids);
  const instance = record ? named.find(isInstance) : undefined;
  if (instance !== undefined) {
    throw new UserError(
      `--record: ${instance} is an instance, whose numbers its family's generate.py writes; check it without --record`,
    );
  }
  const located = async (id: string): Promise<Target> => ({ root: await findTask(world, id, signal), id });
  if (all) {
    const families = (await listAllFamilies()).map(({ id }) => id);
    const names = (await listTaskIds()).map((id) => (families.includes(id) ? `${id}/0` : id));
    // A family whose data is not here has no instance to check; that is no reason not to check the others.
    return inOrder(names, async (id) => {
      const target = await orUserError(located(id));
      return target instanceof UserError ? { root: "", id, notProven: target.message } : target;
    });
  }
  if (named.length > 0) return inOrder(named, located);
  const own = path.resolve("tasks");
  const found = existsSync(own) ? await listTasks(own) : [];
  if (found.length === 0) throw new UserError(`there is no task in ${own}; name tasks, or take --all`);
  return found.map((id) => ({ root: own, id }));
}

/** A score better than the optimum by chance is recorded as the optimum; the check has told of one that is more than chance. */
function atMostOptimum(definition: Task["definition"], score: number | null): number | null {
  const { optimum } = definition.anchors;
  if (score === null || optimum === null) return score;
  return signedScore(definition, score) > signedScore(definition, optimum) ? optimum : score;
}

/** Writes what was measured into task.yaml, unless the task would no longer load: then the file is put back. */
async function recorded(
  root: string,
  { id, folder, definition }: Task,
  report: TaskReport,
  scored: readonly Scored[],
): Promise<TaskReport> {
  const { measured, sigma } = report;
  if (measured === null || sigma === null) return report;
  const scoreOf = (name: string) =>
    report.solutions.find((solution) => solution.name === name)?.score ?? null;
  const file = path.join(folder, "task.yaml");
  const before = await readFile(file);
  await recordMeasured(folder, {
    starter: measured,
    sigma,
    probe: scoreOf("probe"),
    best: atMostOptimum(definition, scoreOf("reference")),
  });
  try {
    const task = await loadTask(root, id);
    if (report.solutions.length > 0) await writeStoredScores(task, scored);
    return { ...report, recorded: measured };
  } catch (error) {
    await writeFile(file, before);
    if (!(error instanceof UserError)) throw error;
    const text = `nothing was recorded: ${error.message}`;
    return { ...report, defects: [...report.defects, { gate: "baseline", text }] };
  }
}

// Puts `replay-check` together: recorded runs of MLGym's, an imported task, a sandbox for each run and a judge for all.
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { Act } from "../compat/act.ts";
import { type ReplayReport, replayTraj } from "../compat/replayTraj.ts";
import { vintageOf } from "../compat/vintage.ts";
import { UserError } from "../core/errors.ts";
import type { Evaluation, Evaluator } from "../core/evaluation.ts";
import type { RolloutLimits } from "../core/limits.ts";
import type { SandboxBackend } from "../core/sandbox.ts";
import type { Task } from "../core/task.ts";
import { type MlgymSettings, mlgymSettingsSchema, SETTINGS_FILE } from "../importers/mlgym/config.ts";
import { findTrajFiles } from "../importers/traj/findTrajFiles.ts";
import { parseTraj, TRAJ_BYTES_MAX } from "../importers/traj/trajFile.ts";
import { heldBlobs } from "../judge/heldBlobs.ts";
import { judge } from "../judge/judge.ts";
import { pipelineSchema } from "../pipeline/pipelineFile.ts";
import { resolveLimits } from "../pipeline/plan.ts";
import { allTools } from "../tools/toolset.ts";
import { BACKEND_NAMES, chooseBackend, namedBackend } from "./backends.ts";
import { openEpisode } from "./episode.ts";
import { openTask } from "./tasks.ts";
import type { World } from "./world.ts";

/** MLGym caps no observation; a recorded one may have a thousand lines of a file. */
const OBSERVATION_BYTES = 1_048_576;
/** Nobody waits for a training that took half an hour: what takes longer than this is not compared. */
const ACTION_SECONDS = 60;
const VALIDATIONS = 10_000;

export interface ReplayCheck {
  readonly paths: readonly string[];
  /** A task that `import mlgym-tasks` made. */
  readonly taskId: string;
  readonly backend: string;
  /** Scores that are compared of each run, the first ones. Default: all. */
  readonly evaluationsMax?: number;
}

/** One file: what replaying it gave, or why it was not replayed. */
export type ReplayedFile = { readonly file: string } & (
  | { readonly report: ReplayReport }
  | { readonly why: string }
);

/**
 * Replays each file in a fresh sandbox. Throws UserError, before anything runs, where the task is no imported one, or the files, backend or
 * image are not there.
 */
export async function* replayCheck(
  world: World,
  request: ReplayCheck,
  signal: AbortSignal,
): AsyncGenerator<ReplayedFile> {
  const task = await openTask(world, request.taskId, undefined, signal);
  const settings = settingsOf(task);
  const files = await findTrajFiles(request.paths);
  const named = BACKEND_NAMES.find((name) => name === request.backend);
  const sandbox = pipelineSchema.shape.sandbox.parse({ backend: request.backend });
  const blobs = heldBlobs();
  const backend = namedBackend(world, named ?? (await chooseBackend(world, sandbox)).name, null, blobs);
  const runId = `replay-${world.timeStamp()}-${Math.floor(world.random() * 1e9).toString(36)}`;
  try {
    await backend.probe();
    await backend.checkImage(task.definition.image);
    const { clock, log } = world;
    const evaluator = remembering(task, judge({ backend, blobs, clock, runId, log }));
    const limits: RolloutLimits = {
      ...resolveLimits({ limits: {} }, task.definition),
      observationBytes: OBSERVATION_BYTES,
      actionSeconds: ACTION_SECONDS,
      validations: VALIDATIONS,
    };
    for (const [index, file] of files.entries()) {
      signal.throwIfAborted();
      const { evaluationsMax = VALIDATIONS } = request;
      const owner = `${runId}-${index}`;
      const of = { task, settings, limits, backend, blobs, evaluator, runId, owner, evaluationsMax };
      yield await replayed(world, file, of, signal);
    }
  } finally {
    await backend.sweep({ runId });
    await backend.close();
  }
}

interface Place {
  readonly task: Task;
  readonly settings: MlgymSettings;
  readonly limits: RolloutLimits;
  readonly backend: SandboxBackend;
  readonly blobs: ReturnType<typeof heldBlobs>;
  readonly evaluator: Evaluator;
  readonly runId: string;
  readonly owner: string;
  readonly evaluationsMax: number;
}

async function replayed(
  world: World,
  file: string,
  place: Place,
  signal: AbortSignal,
): Promise<ReplayedFile> {
  const { task, settings, owner, evaluationsMax } = place;
  const found = path.basename(file, ".traj");
  if (found !== settings.id) return { file, why: `it is of ${found}, not of ${settings.id}` };
  const { size } = await stat(file);
  if (size > TRAJ_BYTES_MAX) return { file, why: `its ${size} bytes are more than a trajectory has` };
  let traj: ReturnType<typeof parseTraj>;
  try {
    traj = parseTraj(await readFile(file, "utf8"));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { file, why: error.message };
  }
  const vintage = vintageOf(task.workspace, traj.trajectory);
  const { env } = await openEpisode(
    world,
    { ...place, task: { ...task, workspace: vintage.workspace }, tools: allTools, validationSeedCount: 1 },
    signal,
  );
  try {
    await env.reset({ actionScope: owner }, signal);
    const act: Act = async (tool, args) => {
      const { observation, info } = await env.step(
        { tool, arguments: args, text: tool, callId: null },
        signal,
      );
      const { ok, exitCode, timedOut, validation } = info;
      return { text: observation.text, cwd: observation.state.cwd, ok, exitCode, timedOut, validation };
    };
    const isJudged = task.definition.notPlayable === undefined;
    const report = await replayTraj(
      traj,
      { definition: task.definition, settings, isJudged, evaluationsMax },
      vintage,
      act,
    );
    return { file, report };
  } finally {
    await env[Symbol.asyncDispose]();
  }
}

/** Judges the same submission once, however many runs hand it in, and always beside the task's own files. */
function remembering(task: Task, evaluator: Evaluator): Evaluator {
  const known = new Map<string, Promise<readonly Evaluation[]>>();
  return {
    evaluate(_, submission, phase, seeds, signal) {
      const key = JSON.stringify([submission, phase, seeds]);
      const evaluations = known.get(key) ?? evaluator.evaluate(task, submission, phase, seeds, signal);
      known.set(key, evaluations);
      // A judge that broke is asked again by the next run.
      evaluations.catch(() => known.delete(key));
      return evaluations;
    },
  };
}

function settingsOf({ id, judgeFiles }: Task): MlgymSettings {
  const file = judgeFiles.find((one) => one.path === SETTINGS_FILE);
  if (file === undefined) {
    throw new UserError(
      `--task ${id}: only tasks that \`nightshift import mlgym-tasks\` made can be replayed; it has no ${SETTINGS_FILE}`,
    );
  }
  return mlgymSettingsSchema.parse(JSON.parse(new TextDecoder().decode(file.data)));
}

// Opens run directories: a new one for a plan, or one that goes on.
import { randomBytes } from "node:crypto";
import path from "node:path";
import { workerPool } from "../compute/workerPool.ts";
import { errorText, UserError } from "../core/errors.ts";
import { seedOf } from "../core/hash.ts";
import type { SandboxBackend } from "../core/sandbox.ts";
import { judge } from "../judge/judge.ts";
import { notify } from "../notify/notify.ts";
import { checkSecrets } from "../pipeline/checkSecrets.ts";
import { type Deadline, sessionMsMax } from "../pipeline/deadline.ts";
import type { Plan } from "../pipeline/plan.ts";
import { PlannedRun } from "../pipeline/plannedRun.ts";
import { faultyBackend } from "../sandbox/faulty.ts";
import { takingTurns } from "../sandbox/takingTurns.ts";
import { checkRoom, RUN_FREE_BYTES_MIN } from "../store/checkRoom.ts";
import { watchRoom, whileRoomy } from "../store/room.ts";
import { createRun, openRun } from "../store/runDirectory.ts";
import { openSnapshots } from "../store/snapshots.ts";
import { loadAgents } from "./agents.ts";
import { namedBackend } from "./backends.ts";
import { leftUnderWay } from "./leftUnderWay.ts";
import { processLimit, rolloutsWithin } from "./openFiles.ts";
import { openPerson } from "./person.ts";
import type { Place } from "./place.ts";
import { playerOf } from "./player.ts";
import { modelsFor } from "./playing.ts";
import { openReplays } from "./replaySource.ts";
import { resolvedOf } from "./storedRun.ts";
import { machineTurns } from "./turns.ts";
import { webOf } from "./web.ts";
import { evaluatorWithout, ledgerWithout, putWithout } from "./withoutSecrets.ts";
import type { World } from "./world.ts";

/** Two runs whose directories have the same name must not take each other's sandboxes for their own. */
const RUN_ID_BYTES = 4;
const WORKERS_MAX = 1;
const WORKER_JOBS_MAX = 16;

/** Opens a plan's run directory for this process alone, made where `create` says so. */
export async function openPlannedRun(
  world: World,
  of: {
    directory: string;
    plan: Plan;
    place: Place;
    create: { text: string } | null;
    deadline?: Deadline | null;
  },
): Promise<PlannedRun> {
  const { directory, plan, place, deadline = null } = of;
  const resolved = resolvedOf(plan);
  const { codeVersion, clock, log, secrets } = world;
  const { create } = of;
  if (create !== null) checkSecrets(plan.pipeline, create.text, secrets);
  await checkRoom(directory, RUN_FREE_BYTES_MIN);
  if (create !== null) {
    await asUserError(directory, () =>
      createRun(directory, {
        runId: `${path.basename(path.resolve(directory))}-${randomBytes(RUN_ID_BYTES).toString("hex")}`,
        createdAt: new Date(clock.now()).toISOString(),
        codeVersion,
        pipelineText: create.text,
        resolved,
      }),
    );
  }
  const store = await openRun(directory);
  const pool = workerPool({ workersMax: WORKERS_MAX, waitingMax: WORKER_JOBS_MAX });
  const turns = machineTurns(world);
  const { snapshotsDiskMb } = plan.pipeline.stages.generate;
  const left = await leftUnderWay(store);
  const snapshots = await openSnapshots(store.paths.snapshots, left.snapshotIds, snapshotsDiskMb * 1_048_576);
  const room = watchRoom(store.paths.directory, () => clock.monotonic());
  const roomy = whileRoomy(snapshots, room);
  const kept = { ...roomy, put: putWithout(secrets, roomy) };
  const named = namedBackend(world, place.choice.name, plan.pipeline.sandbox.docker, kept);
  const backend = takingTurns(befallen(world, plan, named), turns);
  const person = openPerson(world);
  const release = async () => {
    person[Symbol.dispose]();
    await pool[Symbol.asyncDispose]();
    await backend.close();
  };
  try {
    const { pipelineText, runId } = store.runJson;
    if (create === null) await store.amend({ codeVersion, pipelineText, resolved });
    const agents = await loadAgents(plan.pipeline);
    const web = webOf(world, plan);
    const { faults, cells } = plan.pipeline;
    const replays = await openReplays(cells.models);
    const modelFor = modelsFor(world, cells.models, { replays, person, faults });
    const clean = { ...store, ledger: ledgerWithout(secrets, store.ledger) };
    return new PlannedRun(plan, clean, {
      judge: (blobs) => evaluatorWithout(secrets, judge({ backend, blobs, clock, runId, log, turns })),
      player: (given) => playerOf(world, { ...given, plan, place, backend, runId, modelFor, web, agents }),
      sweep: () => backend.sweep({ runId, spareOwned: true, spare: left.sandboxIds }),
      snapshots,
      room,
      rolloutsAtOnceMax: rolloutsWithin(
        await processLimit("Max open files"),
        plan.pipeline.concurrency.evaluations,
      ),
      offThread: pool.runInWorker,
      release,
      clock,
      log,
      codeVersion,
      notify: async (notice) => {
        const { notify: config } = plan.pipeline;
        if (config !== null)
          await notify(config, secrets.redactValue(notice), { clock, log, env: world.env });
      },
      sessionMsMax: sessionMsMax(plan.pipeline.budgets, clock.now(), deadline?.atMs ?? null),
      deadline: deadline?.text ?? plan.pipeline.budgets.deadline,
    });
  } catch (error) {
    await release();
    await store.close();
    throw error;
  }
}

/** The backend as the pipeline's faults leave it. */
function befallen({ clock, log }: World, { pipeline: { faults } }: Plan, backend: SandboxBackend) {
  if (faults === null) return backend;
  const seed = seedOf("faults", { seed: faults.seed, backend: backend.name });
  return faultyBackend(backend, { faults: faults.sandbox, seed, clock, log });
}

/** What the file system refuses about a directory that the user named is the user's to mend. */
async function asUserError<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && "syscall" in error) {
      throw new UserError(
        `cannot make the run directory ${directory}: ${errorText(error)}; name a place that can be written`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

// Plays one attack as a scripted agent through the real rollout, environment and judge of a backend, beside a quiet neighbour, and looks
// at the host before and after. It says what happened; whether that is in order is `verdictOf`'s to say.
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Sandbox, SandboxLimits } from "../../src/core/sandbox.ts";
import { signedScore, type Task } from "../../src/core/task.ts";
import type { StepsLogRecord, Trajectory } from "../../src/core/trajectory.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { command, listModel } from "../fixtures/listModel.ts";
import { NEVER, TASKS } from "../judge/world.ts";
import { playWith } from "../rollout/stage.ts";
import type { Attack, Scene } from "./kit/attack.ts";
import { flagsOf } from "./kit/flagsOf.ts";
import { type Ground, newToken } from "./kit/ground.ts";
import { differences, hostState, marked } from "./kit/hostState.ts";
import {
  disturbance,
  judged,
  NEIGHBOURS_SECRET,
  type NeighbourRun,
  scoreOf,
  settle,
} from "./kit/neighbour.ts";
import { processesNaming, processesOf, type SandboxRoot, sandboxRoot } from "./kit/sandboxPids.ts";
import { type Watch, watchSandbox } from "./kit/watch.ts";

/** Small: an attack on resources must be over soon. Big enough for a judge's room. */
const SMALL = { cpus: 1, memoryMb: 192, pids: 48, diskMb: 24 };
const TEMPLATES = fileURLToPath(new URL("../../src/tasks/templates", import.meta.url));
const NEIGHBOUR_TASK = "battle-of-sexes";
const ACTION_SECONDS = 10;
const DEVIATIONS_MAX = 2;
const GONE_MS_MAX = 5_000;
const GONE_LOOK_MS = 50;

export interface AttackResult {
  readonly id: string;
  readonly outcome: string;
  /** The score of record; null where nothing was scored. */
  readonly score: number | null;
  /** What honest work gets at most, with two deviations of the judge's noise on top. */
  readonly scoreMost: number;
  readonly scoreMoved: boolean;
  /** What happened to the host, a sentence each. */
  readonly hostEffects: readonly string[];
  /** What the neighbour saw or got otherwise; null where nothing. */
  readonly neighbourDisturbed: string | null;
  readonly flags: readonly string[];
  /** What the flags stand on, and what was measured. */
  readonly evidence: readonly string[];
  readonly ms: number;
  readonly trajectory: Trajectory;
}

/** Plays the attack. Throws where the ground itself breaks, never for what the attack does. */
export async function runAttack(attack: Attack, ground: Ground): Promise<AttackResult> {
  const startedAtMs = performance.now();
  const limits = { ...SMALL, ...attack.limits };
  const task = small(await loadTask(rootOf(attack), attack.task ?? NEIGHBOUR_TASK, undefined, TASKS), limits);
  const neighbourTask = small(await loadTask(TASKS, NEIGHBOUR_TASK), SMALL);
  const calm = await calmRun(ground, neighbourTask);
  const most = await honestMost(ground, task, attack.honest);

  const marker = `nsx${newToken()}`;
  ground.arrivals();
  const before = await hostState(ground);
  const neighbour = await settle(ground, neighbourTask);
  const neighbourRoot = await sandboxRoot(neighbour.sandbox.handle, ground.engineSocket);
  const scene: Scene = {
    ...ground,
    backend: ground.name,
    marker,
    hostPid: process.pid,
    neighbourPid: neighbourRoot?.pid ?? null,
  };
  const actions = attack.actions(scene);
  let watching: Promise<Watch> | null = null;
  let attacked: Sandbox | null = null;
  let beside: NeighbourRun | null = null;
  let seen: Awaited<ReturnType<Watch["stop"]>> | null = null;
  const atHeight = async () => {
    beside ??= await neighbour.finish();
    seen ??= (await (await watching)?.stop()) ?? null;
  };
  const model = listModel([...actions.map(command), ...["submit", "forfeit"].map(command)], async (call) => {
    if (call === 0 && attacked !== null) {
      const lives: SandboxLimits = { ...limits, lifetimeMs: 0 };
      watching = watchSandbox(ground, attacked, lives);
      await watching;
    }
    if (call === actions.length) await atHeight();
    return undefined;
  });
  const { trajectory, records } = await playWith(ground.world, task, model, {
    runId: ground.runId,
    ...(attack.restored ? { snapshotAfterMs: 0 } : {}),
    limits: { steps: actions.length + 2, actionSeconds: attack.actionSeconds ?? ACTION_SECONDS },
    onSandbox: (sandbox) => {
      attacked = sandbox;
    },
  });
  // An attack that ended its own rollout never came to its height.
  await atHeight();
  const watch = await (watching as Promise<Watch> | null);
  const { finalSubmission } = trajectory;
  const evaluations = finalSubmission === null ? [] : await judged(ground, task, finalSubmission);
  const [evaluation] = evaluations;
  const score = evaluation?.kind === "scored" ? evaluation.score : null;
  const root = watch?.root ?? null;
  const restored = attack.restored ? await restoredElsewhere(ground, task, records) : [];
  const hostEffects = [
    ...(seen ?? { effects: [] }).effects,
    ...(await left(root, marker, watch?.cgroups ?? [])),
    ...differences(before, await hostState(ground)),
    ...(await marked(ground, marker)),
    ...ground.arrivals().map((what) => `${what} arrived at the host`),
    ...told(trajectory, ground, calm),
    ...restored,
    ...(attack.check?.(trajectory) ?? []),
  ];
  const signals = flagsOf(trajectory, task, evaluations);
  const neighbourDisturbed = beside === null ? "it never came to its end" : disturbance(calm, beside);
  return {
    id: attack.id,
    outcome: outcomeText(trajectory),
    score,
    scoreMost: most,
    scoreMoved: score !== null && signed(task, score) > signed(task, most),
    hostEffects,
    neighbourDisturbed,
    flags: [...new Set(signals.map(({ name }) => name))].sort(),
    evidence: [
      ...signals.map(({ name, step, evidence }) => `${name} at step ${step}: ${evidence}`),
      ...(seen === null ? [] : [`at most ${(seen as { peaks: string }).peaks}`]),
    ],
    ms: Math.round(performance.now() - startedAtMs),
    trajectory,
  };
}

/** What is wrong with a result, a sentence each: nothing, where the attack came to nothing and is known. */
export function verdictOf(attack: Attack, result: AttackResult): readonly string[] {
  const outcomes = attack.outcomes ?? ["submitted"];
  const missing = attack.flags.filter((flag) => !result.flags.includes(flag));
  return [
    ...(result.scoreMoved ? [`the score ${result.score} is beyond ${result.scoreMost}`] : []),
    ...result.hostEffects,
    ...(result.neighbourDisturbed === null
      ? []
      : [`the neighbour was disturbed: ${result.neighbourDisturbed}`]),
    ...(outcomes.some((kind) => result.outcome.startsWith(kind)) ? [] : [`it ended as ${result.outcome}`]),
    ...(missing.length === 0 ? [] : [`not flagged: ${missing.join(", ")}`]),
  ];
}

function rootOf({ root }: Attack): string {
  return root === "templates" ? TEMPLATES : TASKS;
}

function small(task: Task, { lifetimeMs: _, ...limits }: Partial<SandboxLimits> & typeof SMALL): Task {
  return { ...task, definition: { ...task.definition, resources: limits } };
}

function calmRun(ground: Ground, task: Task): Promise<NeighbourRun> {
  const known = ground.calmRuns.get(task.id) ?? settle(ground, task).then((neighbour) => neighbour.finish());
  ground.calmRuns.set(task.id, known);
  return known;
}

/** What the starter or the honest submission gets, whichever is better, and two deviations. */
async function honestMost(ground: Ground, task: Task, honest: Attack["honest"]): Promise<number> {
  const declared = new Set(task.definition.submission.map(({ path }) => path));
  const starter = Object.fromEntries(
    task.workspace.filter(({ path }) => declared.has(path)).map(({ path, data }) => [path, data]),
  );
  const scores: number[] = [];
  for (const files of [starter, ...(honest === undefined ? [] : [honest])]) {
    if (Object.keys(files).length === 0) continue;
    const submission = await ground.world.submit(files);
    const key = `${task.id} ${submission}`;
    const known = ground.honestScores.get(key) ?? mustScore(ground, task, submission);
    ground.honestScores.set(key, known);
    scores.push(await known);
  }
  const { sigma, anchors } = task.definition;
  if (scores.length === 0) scores.push(anchors.starter);
  const best = Math.max(...scores.map((score) => signed(task, score)));
  return signed(task, best + DEVIATIONS_MAX * (sigma ?? 0));
}

async function mustScore(ground: Ground, task: Task, submission: string): Promise<number> {
  const score = await scoreOf(ground, task, submission);
  if (score === null) throw new Error(`an honest submission of ${task.id} was not scored on ${ground.name}`);
  return score;
}

function signed(task: Task, score: number): number {
  return signedScore(task.definition, score);
}

/** Processes and cgroups that are still there when the sandbox should be gone. */
async function left(
  root: SandboxRoot | null,
  marker: string,
  cgroups: readonly string[],
): Promise<readonly string[]> {
  const look = () => [
    ...(root === null ? [] : processesOf(root).map(({ pid }) => `process ${pid} of the sandbox lives on`)),
    ...processesNaming(marker).map((pid) => `process ${pid} of the attack lives on`),
    ...cgroups.filter((folder) => existsSync(folder)).map((folder) => `the cgroup ${folder} is left`),
  ];
  for (const deadline = performance.now() + GONE_MS_MAX; ; await sleep(GONE_LOOK_MS)) {
    const found = look();
    if (found.length === 0 || performance.now() > deadline) return found;
  }
}

/** Puts the last snapshot into a fresh sandbox, as resume does, and lets the judge have what is handed in from there. */
async function restoredElsewhere(
  ground: Ground,
  task: Task,
  records: readonly StepsLogRecord[],
): Promise<readonly string[]> {
  const last = records.findLast((record) => record.kind === "snapshot-taken");
  // Refused: there is nothing to go on from but the beginning.
  if (last === undefined) return [];
  const { resources, image } = task.definition;
  await using sandbox = await ground.world.backend.create(
    {
      ...{ runId: ground.runId, owner: "restored", purpose: "rollout", image, files: [], mounts: [] },
      ...{ limits: { ...resources, lifetimeMs: 60_000 }, env: {}, network: false, orphanTtlMs: 60_000 },
    },
    NEVER,
  );
  await sandbox.restore(last.snapshot);
  return (await sandbox.probe()) ? [] : ["the sandbox did not survive its snapshot"];
}

/** What the attacker was told that only the host or the neighbour knows, and what it says it has reached. */
function told({ pool }: Trajectory, { secret }: Ground, calm: NeighbourRun): readonly string[] {
  const texts = pool.flatMap(({ kind, message }) => (kind === "observation" ? [message.content] : []));
  const own = calm.seen.find((text) => text.includes(NEIGHBOURS_SECRET)) ?? "";
  return [
    ...(texts.some((text) => text.includes(secret)) ? ["the host's secret was read"] : []),
    ...(own !== "" && texts.some((text) => text.includes(NEIGHBOURS_SECRET))
      ? ["the neighbour's file was read"]
      : []),
    ...texts.flatMap((text) => [...text.matchAll(/^REACHED (.*)$/gm)].map(([, what]) => `reached: ${what}`)),
  ];
}

function outcomeText({ outcome }: Trajectory): string {
  if (outcome.kind === "failed") return `failed(${outcome.boundary}): ${outcome.error}`;
  return outcome.kind === "limit" ? `limit(${outcome.limit})` : outcome.kind;
}

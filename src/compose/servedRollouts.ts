// Rollouts for trainers, played and judged by the same player, stages and judge as a pipeline's; only what a run directory holds is held in
// memory here, and gone with the request.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { groupOf } from "../core/cell.ts";
import { UserError } from "../core/errors.ts";
import type { Evaluator } from "../core/evaluation.ts";
import type { WebAccess } from "../core/host.ts";
import { isEpisodeEnd } from "../core/outcome.ts";
import type { Turns } from "../core/runtime.ts";
import type { SandboxBackend } from "../core/sandbox.ts";
import { judge } from "../judge/judge.ts";
import { checkIsolation, checkNeeds } from "../pipeline/checkPlan.ts";
import { priceOf } from "../pipeline/modelConfig.ts";
import type { Pipeline } from "../pipeline/pipelineFile.ts";
import { type PlannedCell, plannedKey } from "../pipeline/plan.ts";
import { noRewards, type RewardName, rewardsOf } from "../rewards/rewardsOf.ts";
import { createBudget } from "../schedule/budget.ts";
import type { Lane } from "../schedule/lanes.ts";
import type {
  AskedRollout,
  FinalScore,
  PlannedRollouts,
  PlayedRollout,
  RolloutPlayer,
} from "../serve/rollouts/player.ts";
import { type CallVersions, withVersions } from "../serve/rollouts/policyVersions.ts";
import { ROLLOUTS_MAX, type RolloutsRequest, seedsOf } from "../serve/rollouts/request.ts";
import { journaledEvaluator, judgeForRecord } from "../stages/evaluate.ts";
import { generateRollout } from "../stages/generate.ts";
import { recordSeeds, type Score, scoreOf, scoresOf } from "../stages/score.ts";
import { openBlobs } from "../store/blobs.ts";
import { loadAgents } from "./agents.ts";
import { type AllowedEndpoint, policyOf } from "./endpoints.ts";
import { whenFree } from "./ground.ts";
import { type HeldRollouts, holdRollouts } from "./heldRollouts.ts";
import type { Place } from "./place.ts";
import { planOf } from "./plan.ts";
import { playerOf } from "./player.ts";
import { modelsFor } from "./playing.ts";
import { inRequestWords, requestPipeline, rewardNamed } from "./requestPlan.ts";
import { evaluatorWithout } from "./withoutSecrets.ts";
import type { World } from "./world.ts";

export interface RolloutGround {
  /** What is served: its tasks, agents, limits and sandboxes hold for every request. */
  readonly pipeline: Pipeline;
  readonly place: Place;
  readonly backend: SandboxBackend;
  readonly turns: Turns;
  /** Submissions judged at a time. */
  readonly evaluations: Lane;
  readonly runId: string;
  /** The web of all requests together. */
  readonly web: WebAccess | null;
  /** Null: any address, and no key. */
  readonly endpoints: readonly AllowedEndpoint[] | null;
}

/** How the rollouts of one request are played. */
interface Means {
  readonly world: World;
  readonly held: HeldRollouts;
  readonly play: ReturnType<typeof playerOf>;
  readonly evaluator: Evaluator;
  readonly retriesMax: number;
  /** Judge seeds of the score of record. */
  readonly seeds: readonly number[];
  readonly reward: RewardName;
  /** By call id. */
  readonly versions: Map<string, CallVersions>;
}

const NEVER = new AbortController().signal;

/** What plays for trainers on a ground. */
export function rolloutPlayer(world: World, ground: RolloutGround): RolloutPlayer {
  return {
    checkEndpoint: (endpoint) => void policyOf(endpoint, ground.endpoints),
    plan: (request, current) => planRollouts(world, ground, request, current),
  };
}

async function planRollouts(
  world: World,
  ground: RolloutGround,
  request: RolloutsRequest,
  current: () => string | null,
): Promise<PlannedRollouts> {
  const reward = rewardNamed(request.reward);
  const seeds = seedsOf(request);
  const model = policyOf(request.endpoint, ground.endpoints);
  const pipeline = requestPipeline(ground.pipeline, request, model, seeds);
  const plan = await checkedPlan(world, ground, pipeline);
  const planned = new Map<string, PlannedCell>();
  const rollouts = plan.cells.flatMap((of) =>
    seeds.map((seed): AskedRollout => {
      const key = plannedKey(of, seed);
      planned.set(key, of);
      return { key, task: of.cell.taskId, seed, group: groupOf(of.cell, seed, request.groupSize) };
    }),
  );
  if (rollouts.length > ROLLOUTS_MAX) {
    throw new UserError(
      `tasks and seeds: ${rollouts.length} rollouts are asked for, and one request may have ${ROLLOUTS_MAX}; send several`,
    );
  }
  const held = holdRollouts(priceOf(model) !== null);
  const folder = await mkdtemp(path.join(tmpdir(), "nightshift-serve-"));
  try {
    const blobs = await openBlobs(folder);
    const { clock, log } = world;
    const { backend, turns, runId, place } = ground;
    const agents = await loadAgents(pipeline);
    const bare = evaluatorWithout(world.secrets, judge({ backend, blobs, clock, runId, log, turns }));
    const inTurn: Evaluator = {
      evaluate: (...of) => whenFree(ground.evaluations, of[4], () => bare.evaluate(...of)),
    };
    const evaluator = journaledEvaluator(inTurn, {
      known: held.evaluations,
      ledger: held.ledger,
      clock,
      runWhenFree: (work) => work(),
    });
    const versions = new Map<string, CallVersions>();
    const play = playerOf(world, {
      ...{ plan, place, backend, runId, web: ground.web, agents, blobs, judge: evaluator },
      budget: createBudget("run", { usdMax: null, tokensMax: null }),
      ledger: held.ledger,
      steps: held.steps,
      snapshots: null,
      pause: NEVER,
      drain: NEVER,
      modelFor: modelsFor(world, pipeline.cells.models, {
        replays: new Map(),
        person: null,
        around: (inner) => withVersions(inner, current, (callId, found) => versions.set(callId, found)),
      }),
    });
    const { retriesMax, evaluationSeeds } = request;
    const judged = { retriesMax, seeds: recordSeeds(evaluationSeeds), reward };
    const means: Means = { world, held, play, evaluator, versions, ...judged };
    return {
      rollouts,
      async play(asked, signal) {
        const of = planned.get(asked.key);
        if (of === undefined) throw new RangeError(`the request has no rollout ${asked.key}`);
        await playAndJudge(of, asked, means, signal);
        return playedOf(of, asked, means);
      },
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The plan of a request, with all that a run would check before it spends anything. */
async function checkedPlan(world: World, { place }: RolloutGround, pipeline: Pipeline) {
  try {
    const plan = await planOf(world, pipeline);
    checkNeeds(plan, world.env);
    checkIsolation(plan, place.capabilities);
    return plan;
  } catch (error) {
    throw inRequestWords(error);
  }
}

/** Generates and judges one rollout as a run does. An abort is no error: what there is of the rollout is its end. */
async function playAndJudge(
  { cell, task }: PlannedCell,
  { key, seed }: AskedRollout,
  { world, held, play, evaluator, retriesMax, seeds }: Means,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, archive } = held;
  const { clock, log } = world;
  const spec = { key, retry: 0, cell, seedIndex: seed, origin: null, task };
  const pastOf = async () => null;
  try {
    await generateRollout(spec, { ledger, archive, clock, play, pastOf, retriesMax, hold: NEVER }, signal);
    const ended = held.endedOf(key);
    if (ended === null) return;
    // A trainer is told of the final submission; none stands in for it.
    const rules = { seeds, lastValid: false, everyValidated: false };
    await judgeForRecord(task, { key, ...ended }, rules, { judge: evaluator, ledger, clock, log }, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function playedOf(
  { task }: PlannedCell,
  asked: AskedRollout,
  { held, versions, seeds, reward }: Means,
): PlayedRollout {
  const { retry, record, ended, bill } = held.take(asked.key);
  const facts = ended?.facts ?? null;
  const outcome = ended?.outcome ?? { kind: "cancelled" as const };
  const scoreFor = (submission: string | null, reason: string | null) =>
    scoreOf(task, submission, reason, seeds, held.evaluations);
  const none = isEpisodeEnd(outcome) ? (facts?.finalReason ?? null) : "the rollout was cut off";
  const score = scoreFor(facts?.finalSubmission ?? null, none);
  const best = scoreFor(facts?.bestValidated?.submission ?? null, null);
  const of =
    isEpisodeEnd(outcome) && score.kind !== "owed"
      ? rewardsOf(reward, task.definition, scoresOf(score), scoresOf(best))
      : noRewards(reward);
  const seen = record.steps.map(({ index }) => {
    const callId = `${asked.key}/${retry}/${index}`;
    const found = versions.get(callId) ?? { first: null, last: null, source: null };
    versions.delete(callId);
    return found;
  });
  return {
    ...{ asked, outcome, retry, record, bill },
    versions: seen,
    score: finalScore(score),
    rewards: { fn: of.fn, value: of.value, success: of.success, components: of.components },
  };
}

function finalScore(score: Score): FinalScore {
  const blank = { mean: null, standardError: null, reason: null, evaluations: [] };
  if (score.kind === "owed") return { ...blank, kind: "owed", reason: "the judge gave no verdict" };
  return { ...blank, ...score };
}

// Plays rollouts of the scripted researcher, opens steps of them again, and holds what comes of it to its promises: every alternative to a step was
// given the byte-equal prompt, and the value of a step (the mean score of its branches) is the same when the branches are replayed.
// Usage: node scripts/branchPairs.ts [--pivots 50] [--perPivot 3] [--rollouts 8] [--tasks battle-of-sexes,…] [--atOnce 4]
// Real sandboxes (plain processes) and the real judge. Prints a table, and JSON in the last line; exit 1 where a promise is broken.
import { parseArgs } from "node:util";
import { shortNumber, textTable } from "../src/cli/table.ts";
import { branchStart } from "../src/core/branch.ts";
import { canonicalJson } from "../src/core/json.ts";
import type { Model, ModelReply } from "../src/core/model.ts";
import { signedScore, type Task } from "../src/core/task.ts";
import type { StepRecord, Trajectory } from "../src/core/trajectory.ts";
import type { RunInfo } from "../src/dataset/records.ts";
import { type RolloutRows, rolloutRows } from "../src/dataset/rows.ts";
import { taskInfo } from "../src/dataset/writeDataset.ts";
import { dpoSteps } from "../src/export/dpoSteps.ts";
import { replayModel } from "../src/models/replay.ts";
import { withSamePrompt } from "../src/models/samePrompt.ts";
import { scriptedResearcher } from "../src/models/scripted/researcher.ts";
import { rewardsOf } from "../src/rewards/rewardsOf.ts";
import { choosePivots, PIVOT_REASONS, type Pivot } from "../src/stages/pivots.ts";
import { loadTask } from "../src/tasks/loadTask.ts";
import { clock, NEVER, TASKS, world } from "../tests/judge/world.ts";
import { playWith } from "../tests/rollout/stage.ts";

const { values } = parseArgs({
  options: {
    pivots: { type: "string", default: "50" },
    perPivot: { type: "string", default: "3" },
    rollouts: { type: "string", default: "8" },
    tasks: { type: "string", default: "battle-of-sexes,prisoners-dilemma,colonel-blotto" },
    atOnce: { type: "string", default: "4" },
  },
});
const perPivot = Number(values.perPivot);
const startedAtMs = performance.now();
await using here = await world();
const judge = here.judgeOver(here.backend);
const tasks = new Map<string, Task>();
for (const id of values.tasks.split(",")) tasks.set(id, await loadTask(TASKS, id));

const RUN: RunInfo = {
  runId: "branch-pairs",
  title: "Branches of the scripted researcher",
  codeVersion: "local",
  createdAtMs: 0,
  groupSize: null,
  rewardFn: "anchored@1",
  license: "cc-by-4.0",
};
/** Scores by task and submission: the same files have the same score under the same judge seed. */
const scores = new Map<string, Promise<number | null>>();

interface Branch {
  readonly pivot: Pivot;
  readonly trajectory: Trajectory;
  readonly score: number | null;
  readonly replayedScore: number | null;
  readonly isPromptEqual: boolean;
  readonly isAnotherReply: boolean;
}

const seeds = Array.from({ length: Number(values.rollouts) }, (_, seed) => seed);
const parents = await each(
  [...tasks.values()].flatMap((task) => seeds.map((seedIndex) => ({ task, seedIndex }))),
  async ({ task, seedIndex }) => (await playWith(here, task, researcher(), { seedIndex })).trajectory,
);
const byKey = new Map(parents.map((parent) => [parent.key, parent]));
const pivots = choosePivots(parents, {
  reasons: PIVOT_REASONS,
  max: Number(values.pivots),
  better: ({ key }, score, than) => {
    const { definition } = taskOf(parentOf(key));
    return signedScore(definition, score) > signedScore(definition, than);
  },
});
const branches = await each(
  pivots.flatMap((pivot) => Array.from({ length: perPivot }, (_, seedIndex) => ({ pivot, seedIndex }))),
  ({ pivot, seedIndex }) => branched(pivot, seedIndex),
);
const rows = await each(
  [...parents, ...branches.map(({ trajectory }) => trajectory)],
  async (trajectory): Promise<RolloutRows> => rowsOf(trajectory),
);
const pairs = stepPairs(rows);

const table = PIVOT_REASONS.map((reason) => {
  const own = branches.filter(({ pivot }) => pivot.reason === reason);
  const opened = pivots.filter((pivot) => pivot.reason === reason);
  return [
    reason,
    String(opened.length),
    String(own.length),
    String(own.filter(({ isPromptEqual }) => isPromptEqual).length),
    String(own.filter(({ isAnotherReply }) => isAnotherReply).length),
    String(own.filter(({ score }) => score !== null).length),
    String(opened.filter((pivot) => stepValue(pivot, "score") === stepValue(pivot, "replayedScore")).length),
    shortNumber(spread(opened)),
  ];
});
const header = ["reason", "pivots", "branches", "prompt equal", "another reply", "scored", "value again"];
console.log(textTable([...header, "mean spread of siblings"], table));
const result = {
  parents: parents.length,
  pivots: pivots.length,
  branches: branches.length,
  promptsEqual: branches.filter(({ isPromptEqual }) => isPromptEqual).length,
  interrupted: branches.filter(({ trajectory }) => trajectory.outcome.kind === "interrupted").length,
  failed: branches.filter(({ trajectory }) => trajectory.outcome.kind === "failed").length,
  valuesAgain: pivots.filter((pivot) => stepValue(pivot, "score") === stepValue(pivot, "replayedScore"))
    .length,
  dpoSteps: pairs.length,
  dpoStepsAfterFirst: pairs.filter(({ step_index }) => step_index > 0).length,
  seconds: Math.round((performance.now() - startedAtMs) / 1000),
};
console.log(JSON.stringify(result));
const isKept = result.promptsEqual === result.branches && result.valuesAgain === result.pivots;
process.exit(isKept && result.pivots > 0 ? 0 : 1);

function researcher(): Model {
  return scriptedResearcher({ clock });
}

/** One alternative to a step, and the same once more with what its model said. */
async function branched(pivot: Pivot, seedIndex: number): Promise<Branch> {
  const parent = parentOf(pivot.parentKey);
  const task = taskOf(parent);
  const start = branchStart(parent, pivot.step);
  const branch = { start, origin: { parentKey: parent.key, step: pivot.step }, seedIndex };
  const asked: string[] = [];
  const model = researcher();
  const seen: Model = {
    ...model,
    complete: (request, signal) => {
      if (asked.length === 0) asked.push(canonicalJson(request.messages));
      return model.complete(request, signal);
    },
  };
  const { trajectory } = await playWith(here, task, withSamePrompt(seen, start.promptSha256), { branch });
  const again = replayModel({
    id: model.id,
    calls: trajectory.steps.map((step) => ({
      promptSha256: step.promptSha256,
      reply: replyOf(trajectory, step),
    })),
    first: pivot.step,
    onDifference: "count",
    differs: () => {},
  });
  const replayed = await playWith(here, task, again, { branch });
  const opened = parent.steps[pivot.step];
  const own = trajectory.steps[pivot.step];
  return {
    pivot,
    trajectory,
    score: await scoreOf(task, trajectory),
    replayedScore: await scoreOf(task, replayed.trajectory),
    isPromptEqual: opened !== undefined && asked[0] === canonicalJson(promptOf(parent, opened)),
    isAnotherReply:
      opened !== undefined && own !== undefined && textOf(parent, opened) !== textOf(trajectory, own),
  };
}

/** The mean score of a pivot's branches; null where none is scored. */
function stepValue(pivot: Pivot, of: "score" | "replayedScore"): number | null {
  const scores = branches.flatMap((branch) => (branch.pivot === pivot ? (branch[of] ?? []) : []));
  return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** The mean over pivots of the difference between the best and the worst branch. */
function spread(opened: readonly Pivot[]): number | null {
  const spreads = opened.flatMap((pivot) => {
    const scores = branches.flatMap((branch) => (branch.pivot === pivot ? (branch.score ?? []) : []));
    return scores.length < 2 ? [] : [Math.max(...scores) - Math.min(...scores)];
  });
  return spreads.length === 0 ? null : spreads.reduce((sum, one) => sum + one, 0) / spreads.length;
}

/** What `dpo_steps` makes of them all. */
function stepPairs(rollouts: readonly RolloutRows[]) {
  const inOrder = [...rollouts].sort((a, b) =>
    a.trajectory.trajectory_id < b.trajectory.trajectory_id ? -1 : 1,
  );
  const conversion = dpoSteps.open({ tasks: new Map(), tokenizer: null });
  for (const rollout of inOrder) conversion.survey?.({ ...rollout, chosen: true });
  return inOrder.flatMap((rollout) => conversion.convert(rollout).rows);
}

async function rowsOf(trajectory: Trajectory): Promise<RolloutRows> {
  const task = taskOf(trajectory);
  const score = await scoreOf(task, trajectory);
  const rewards = rewardsOf("anchored@1", task.definition, score === null ? [] : [score], []);
  const verdict = { kind: "kept" } as const;
  const record = { trajectory, finalEvaluations: [], bestEvaluations: [], verdict, rewards };
  return rolloutRows(record, taskInfo(task), RUN);
}

/** The score of record with judge seed 0; null where there is nothing valid to score. */
function scoreOf(task: Task, { finalSubmission }: Trajectory): Promise<number | null> {
  if (finalSubmission === null) return Promise.resolve(null);
  const name = `${task.id} ${finalSubmission}`;
  const known = scores.get(name);
  if (known !== undefined) return known;
  const fresh = judge
    .evaluate(task, finalSubmission, "record", [0], NEVER)
    .then(([evaluation]) => (evaluation?.kind === "scored" ? evaluation.score : null));
  scores.set(name, fresh);
  return fresh;
}

function parentOf(key: string): Trajectory {
  const parent = byKey.get(key);
  if (parent === undefined) throw new Error(`no parent ${key}`);
  return parent;
}

function taskOf({ cell }: Trajectory): Task {
  const task = tasks.get(cell.taskId);
  if (task === undefined) throw new Error(`no task ${cell.taskId}`);
  return task;
}

function promptOf({ pool }: Trajectory, { prompt }: StepRecord) {
  return prompt.flatMap(([from, to]) => pool.slice(from, to).map(({ message }) => message));
}

function textOf({ pool }: Trajectory, { response }: StepRecord): string {
  return pool[response]?.message.content ?? "";
}

/** What a recorded step's model said. */
function replyOf({ pool }: Trajectory, { response, reply }: StepRecord): ModelReply {
  const message = pool[response]?.message;
  if (message?.role !== "assistant") throw new Error(`pool message ${response} is no reply`);
  return { ...reply, text: message.content, reasoning: message.reasoning, toolCalls: message.toolCalls };
}

/** Does a piece of work for each item, a few at a time; results in the items' order. */
async function each<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>) {
  const results: Result[] = [];
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, item] = next;
      results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Number(values.atOnce) }, worker));
  return results;
}

// The quiet neighbour: an honest rollout of the same task, played beside the attack. What it sees and hands in must be the same as
// while nobody attacks.
import type { Evaluation } from "../../../src/core/evaluation.ts";
import type { Sandbox } from "../../../src/core/sandbox.ts";
import type { Task } from "../../../src/core/task.ts";
import { command, listModel } from "../../fixtures/listModel.ts";
import { NEVER } from "../../judge/world.ts";
import { playWith } from "../../rollout/stage.ts";
import type { Ground } from "./ground.ts";

/** What must not depend on what goes on next door. */
export interface NeighbourRun {
  /** Everything it was told, a text a step. */
  readonly seen: readonly string[];
  readonly outcome: string;
  /** What is judged, and so its score: those that it was told while it worked are among what it saw. */
  readonly submission: string | null;
}

export interface Neighbour {
  readonly sandbox: Sandbox;
  /** Goes on to its end: called once the attack is at its height. */
  finish(): Promise<NeighbourRun>;
}

/** In a file of the neighbour's: nobody else is ever told it. */
export const NEIGHBOURS_SECRET = "what only the neighbour knows";

const SETTLE = [
  `echo '${NEIGHBOURS_SECRET}' > notes.txt; echo mine > /tmp/neighbour-mine; echo mine > /dev/shm/neighbour-mine`,
  "head -c 3000000 /dev/zero > data.bin; sha256sum data.bin; sleep 4321 & echo $! > job.pid; echo settled",
];
const WORK = [
  "cat notes.txt /tmp/neighbour-mine /dev/shm/neighbour-mine; sha256sum data.bin; kill -0 $(cat job.pid) && echo alive",
  "(for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.02 & done; wait); head -c 4000000 /dev/zero > more.bin && rm more.bin && echo room",
  "python3 -c 'print(len(bytearray(30_000_000)))'; ls -A /work; rm /tmp/neighbour-mine /dev/shm/neighbour-mine",
];

/** Begins a neighbour; resolves when it has settled. */
export async function settle(ground: Ground, task: Task): Promise<Neighbour> {
  const height = Promise.withResolvers<void>();
  const settled = Promise.withResolvers<Sandbox>();
  let sandbox: Sandbox | null = null;
  const model = listModel(
    [...[...SETTLE, ...WORK].map(command), command("validate"), command("submit"), command("forfeit")],
    async (call) => {
      if (call === SETTLE.length && sandbox !== null) {
        settled.resolve(sandbox);
        await height.promise;
      }
      return undefined;
    },
  );
  const playing = playWith(ground.world, task, model, {
    runId: ground.runId,
    onSandbox: (made) => {
      sandbox = made;
    },
  });
  playing.then(
    ({ trajectory }) =>
      settled.reject(new Error(`the neighbour ended early: ${JSON.stringify(trajectory.outcome)}`)),
    settled.reject,
  );
  const found = await settled.promise;
  return {
    sandbox: found,
    async finish() {
      height.resolve();
      const { trajectory } = await playing;
      const { finalSubmission, pool, outcome } = trajectory;
      return {
        seen: pool.flatMap(({ kind, message }) => (kind === "observation" ? [message.content] : [])),
        outcome: outcome.kind,
        submission: finalSubmission,
      };
    },
  };
}

/** The score of a submission for the record; null where there is none. */
export async function scoreOf(ground: Ground, task: Task, submission: string): Promise<number | null> {
  const [evaluation] = await judged(ground, task, submission);
  return evaluation?.kind === "scored" ? evaluation.score : null;
}

/** The evaluation of record of a submission, with one seed. */
export async function judged(
  { world }: Ground,
  task: Task,
  submission: string,
): Promise<readonly Evaluation[]> {
  return world.judgeOver(world.backend).evaluate(task, submission, "record", [0], NEVER);
}

/** What a neighbour saw or got otherwise than while nobody attacked; null where nothing is. */
export function disturbance(calm: NeighbourRun, run: NeighbourRun): string | null {
  const at = calm.seen.findIndex((text, index) => text !== run.seen[index]);
  if (at >= 0)
    return `step ${at} saw ${JSON.stringify(run.seen[at] ?? null)} instead of ${JSON.stringify(calm.seen[at])}`;
  for (const what of ["outcome", "submission"] as const) {
    if (calm[what] !== run[what]) return `${what} ${run[what]} instead of ${calm[what]}`;
  }
  return null;
}

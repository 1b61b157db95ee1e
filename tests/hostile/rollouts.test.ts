// Agents that cheat while they play: they edit the opponent and the simulator, print forged scores, patch the clock, and go on working
// after they have submitted. The score of record is that of the file as it was handed in.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { command, listModel } from "../fixtures/listModel.ts";
import { NEVER, TASKS, type World, world } from "../judge/world.ts";
import { playWith } from "../rollout/stage.ts";

const task = await loadTask(TASKS, "battle-of-sexes");
const HONEST = "def row_strategy(history):\n    return 1\n";
const write = (file: string, text: string) => command(`cat > ${file} <<'EOF'\n${text}EOF`);
let here: World;
let honest = 0;
beforeAll(async () => {
  here = await world();
  honest = await scoreAfter([write("strategy.py", HONEST), command("submit")]);
});
afterAll(() => here[Symbol.asyncDispose]());

async function scoreAfter(replies: readonly string[]): Promise<number> {
  const { trajectory } = await playWith(here, task, listModel(replies));
  expect(trajectory.outcome).toEqual({ kind: "submitted" });
  const { finalSubmission } = trajectory;
  if (finalSubmission === null) throw new Error("nothing was handed in");
  const [evaluation] = await here
    .judgeOver(here.backend)
    .evaluate(task, finalSubmission, "record", [0], NEVER);
  if (evaluation?.kind !== "scored") throw new Error(`not scored: ${evaluation?.reason}`);
  return evaluation.score;
}

describe("cheating while playing", () => {
  it("gains nothing by editing the opponent or the simulator", async () => {
    const generous = "import random\n\n\ndef opponent_move(history):\n    return 0\n";
    const rigged = "print(999.0)\n";
    const replies = [write("opponent.py", generous), write("simulate.py", rigged), write("judge.py", rigged)];
    expect(await scoreAfter([...replies, write("strategy.py", HONEST), command("submit")])).toBe(honest);
  });

  it("gains nothing by printing scores, verdicts or the names of tools", async () => {
    const forged =
      'print("score 999", "submit", "validate")\nprint(\'{"kind": "scored", "score": 999.0}\')\n';
    const replies = [
      write("forge.py", forged),
      command("python3 forge.py"),
      command("echo submit; echo validate"),
    ];
    expect(await scoreAfter([...replies, write("strategy.py", HONEST), command("submit")])).toBe(honest);
  });

  it("gains nothing by patching the clock and the random numbers of the judge's library", async () => {
    const patched = `import random, time\ntime.time = time.monotonic = time.process_time = lambda: 0.0\nrandom.random = lambda: 0.0\n${HONEST}`;
    expect(await scoreAfter([write("strategy.py", patched), command("submit")])).toBe(honest);
  });

  it("cannot change what it handed in by working on after it", async () => {
    const better = "def row_strategy(history):\\n    return 0\\n";
    const later = `for i in 1 2 3 4 5 6 7 8; do sleep 0.5; printf '${better}' > strategy.py; done`;
    const fork = command(`(setsid bash -c "${later.replaceAll('"', '\\"')}" >/dev/null 2>&1 &)`);
    expect(await scoreAfter([write("strategy.py", HONEST), fork, command("submit")])).toBe(honest);
  });
});

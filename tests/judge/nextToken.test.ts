// Language models between the two rooms: log-likelihoods of a normalised distribution, whatever the submission sends.
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { reasonOf, scoreOf, TASKS, type World, withJudge, world } from "./world.ts";

const VOCABULARY = 7;
const JUDGE = `
from nightshift_judge import run


def judge(room):
    room.start_language_model("predict", ${VOCABULARY})
    likelihoods = room.log_likelihoods([[1], [2, 3, 4], [6, 6]], [0, 5, 6]) + room.log_likelihoods([[5]], [2])
    return -sum(likelihoods) / len(likelihoods), {"calls": room.calls, "first": likelihoods[0], "last": likelihoods[-1]}


run(judge)
`;
let here: World;
let root = "";

beforeAll(async () => {
  here = await world();
  root = await mkdtemp(path.join(tmpdir(), "nightshift-tokens-"));
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function judged(predict: string) {
  const folder = path.join(root, "tokens");
  await cp(path.join(TASKS, "battle-of-sexes"), folder, { recursive: true });
  await writeFile(path.join(folder, "judge.py"), JUDGE);
  const task = await loadTask(root, "tokens");
  const source = `import math\n\n\ndef predict(prefixes):\n${predict}`;
  return (await here.evaluate(withJudge(task, { cpuMsPerCallMax: null }), { "strategy.py": source }))[0];
}

describe("a language model between the rooms", () => {
  it("that knows nothing pays the logarithm of the vocabulary, with a last group that is not full", async () => {
    const uniform = await judged(`    return [[-1.5] * ${VOCABULARY} for _ in prefixes]\n`);
    expect(scoreOf(uniform)).toBeCloseTo(Math.log(VOCABULARY), 5);
  });

  it("is given whole prefixes and scored by its own probabilities", async () => {
    // The next token is the last one plus one with weight 10, any other with weight 1: never, never, never and never the target.
    const successor = `    rows = []
    for prefix in prefixes:
        weights = [1.0] * ${VOCABULARY}
        weights[(int(prefix[-1]) + 1) % ${VOCABULARY}] = 10.0
        rows.append([math.log(weight) for weight in weights])
    return rows\n`;
    // 1 → 2 (target 0), 4 → 5 (target 5), 6 → 0 (target 6), 5 → 6 (target 2): one of four is foreseen.
    expect(scoreOf(await judged(successor))).toBeCloseTo(Math.log(16) - Math.log(10) / 4, 5);
  });

  it("gains nothing by weights above 1: every row is normalised", async () => {
    const loud = await judged(`    return [[300.0] * ${VOCABULARY} for _ in prefixes]\n`);
    expect(scoreOf(loud)).toBeCloseTo(Math.log(VOCABULARY), 5);
  });

  it("does not see the target by its group before the groups are fixed", async () => {
    // A submission that keeps the harness's frames: the first has tokens and lengths only, and no frame holds a target.
    const spying = `    import sys
    frame = sys._getframe(1).f_locals["frame"]
    if sorted(frame) != ["lengths", "tokens", "wanted"]:
        raise ValueError("saw %s" % sorted(frame))
    return [[0.0] * ${VOCABULARY} for _ in prefixes]\n`;
    expect(scoreOf(await judged(spying))).toBeCloseTo(Math.log(VOCABULARY), 5);
  });

  it.each([
    ["rows too few", "return [[0.0] * 7]", /not the shape \(3, 7\)/],
    ["another vocabulary", "return [[0.0] * 8 for _ in prefixes]", /not the shape \(3, 7\)|have the shape/],
    ["NaN", "return [[float('nan')] * 7 for _ in prefixes]", /NaN or an infinity/],
    ["minus infinity", "return [[-math.inf] * 7 for _ in prefixes]", /NaN or an infinity/],
    ["no rows", "return None", /shape/],
  ])("is refused with a sentence: %s", async (_, line, reason) => {
    expect(reasonOf(await judged(`    ${line}\n`))).toMatch(reason);
  });
});

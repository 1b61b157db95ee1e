// Arrays in the frames between the two rooms: the same numbers on both sides, and nothing believed but raw bytes of the asked type.
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { reasonOf, scoreOf, TASKS, type World, withJudge, world } from "./world.ts";

const JUDGE = `
from array import array

from nightshift_judge import Invalid, run


def judge(room):
    observations = memoryview(array("f", [float(n) for n in range(12)])).cast("B").cast("f", (4, 3))
    room.start_function("act", ["greedy"])
    total = 0.0
    for step in range(3):
        actions, = room.call([(0, [step, {"seen": observations}])], answers=("i4", (4,)))
        total += sum(actions.tolist())
    values = room.call([(0, [n, {"seen": observations}]) for n in range(2)], answers=("f8", (4, 1)))
    if len(values) != 2:
        raise Invalid("two were asked for")
    return total + sum(row[0] for value in values for row in value.tolist()), {}


run(judge)
`;
const ROWS = "    rows = seen['seen'].tolist()\n";
let here: World;
let root = "";

beforeAll(async () => {
  here = await world();
  root = await mkdtemp(path.join(tmpdir(), "nightshift-arrays-"));
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

async function judged(act: string) {
  const folder = path.join(root, "arrays");
  await cp(path.join(TASKS, "battle-of-sexes"), folder, { recursive: true });
  await writeFile(path.join(folder, "judge.py"), JUDGE);
  const task = await loadTask(root, "arrays");
  const source = `def act(kind, step, seen):\n${act}`;
  return (await here.evaluate(withJudge(task, { cpuMsPerCallMax: null }), { "strategy.py": source }))[0];
}

describe("arrays between the rooms", () => {
  it("arrive with their type and shape, and come back as the judge asked", async () => {
    // Rows 0-2, 3-5, 6-8, 9-11: their last entries 2, 5, 8, 11, three times; then 4 rows of one number, for step 0 and 1.
    const act = `${ROWS}    return [[row[2]] for row in rows] if step > 2 else [int(row[2]) for row in rows]\n`;
    expect(reasonOf(await judged(act))).toBe("an answer cannot be sent: an answer has not the shape (4, 1)");
    const both = `${ROWS}    act.calls = getattr(act, "calls", 0) + 1
    return [[row[0]] for row in rows] if act.calls > 3 else [int(row[2]) for row in rows]\n`;
    expect(scoreOf(await judged(both))).toBe(3 * (2 + 5 + 8 + 11) + 2 * (0 + 3 + 6 + 9));
  });

  it.each([
    ["another length", "return [1, 2, 3]", "an answer cannot be sent: an answer has not the shape (4,)"],
    ["no sequence", "return 1", "an answer cannot be sent: an answer has not the shape (4,)"],
    [
      "numbers that are not whole",
      "return [0.5] * 4",
      "an answer cannot be sent: an answer holds numbers that are not whole, but must be an array of i4",
    ],
    ["numbers too large for the type", "return [10 ** 400] * 4", /^an answer cannot be sent: .*too large/],
  ])("are refused with a sentence: %s", async (_, line, reason) => {
    expect(reasonOf(await judged(`    ${line}\n`))).toMatch(reason);
  });

  it("that are forged in the stream are not believed", async () => {
    const forged = (body: string) => `    import os
    body = ${body}
    for fd in range(3, 64):
        try:
            os.write(fd, len(body).to_bytes(4, "big") + body)
        except OSError:
            pass
    return [1, 2, 3, 4]\n`;
    expect(reasonOf(await judged(forged('b"\\0" + b"\\x01" * 15')))).toBe("the stream of answers is broken");
    expect(reasonOf(await judged(forged('b"\\0" * 100000')))).toMatch(/larger than \d+ bytes/);
    expect(reasonOf(await judged(forged("b'{\"answers\": [[1, 2, 3, 4]]}'")))).toBe(
      "the stream of answers is broken",
    );
  });

  it("hold finite numbers only", async () => {
    const act = `    act.calls = getattr(act, "calls", 0) + 1
    return [[float("nan")]] * 4 if act.calls > 3 else [1] * 4\n`;
    expect(reasonOf(await judged(act))).toBe("an array holds NaN or an infinity");
  });
});

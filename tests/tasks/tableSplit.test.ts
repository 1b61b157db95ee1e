// The split of one table that stand-ins share: every row in one part, no label where agents look, the same files every time.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const HELPERS = fileURLToPath(new URL("../../src/tasks/python", import.meta.url));
const run = promisify(execFile);
const ROWS = 200;
let root = "";

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-split-"));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** The files of a split of a table of 200 numbered rows, whose target is the number times ten. */
async function split(name: string, secret = "key") {
  const out = path.join(root, name);
  const program = [
    "import sys",
    `sys.path.insert(0, ${JSON.stringify(HELPERS)})`,
    "from nightshift_tables import write_table_split",
    `frame = {"number": list(range(${ROWS})), "price": [10 * row for row in range(${ROWS})]}`,
    `write_table_split(sys.argv[1], frame, "price", {"validation": 0.1, "record": 0.2}, ${JSON.stringify(secret)}, "r")`,
  ];
  await run("python3", ["-I", "-S", "-B", "-c", program.join("\n"), out]);
  const read = async (file: string) =>
    (await readFile(path.join(out, file), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => line.split(","));
  const [train, test, answers] = await Promise.all(
    ["public/train.csv", "public/test.csv", "hidden/answers.csv"].map(read),
  );
  return { train: train ?? [], test: test ?? [], answers: answers ?? [] };
}

it("puts every row into one part, and answers beside their own ids", async () => {
  const { train, test, answers } = await split("one");
  expect([train[0], test[0], answers[0]]).toEqual([
    ["id", "number", "price"],
    ["id", "number"],
    ["id", "price", "phase"],
  ]);
  const numbers = [...train.slice(1), ...test.slice(1)].map(([, number]) => Number(number));
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: ROWS }, (_, row) => row));
  expect(answers.slice(1).map(([id, price]) => [id, Number(price) / 10])).toEqual(
    test.slice(1).map(([id, number]) => [id, Number(number)]),
  );
  const phases = answers.slice(1).map(([, , phase]) => phase);
  expect(phases.filter((phase) => phase === "validation")).toHaveLength(20);
  expect(phases.filter((phase) => phase === "record")).toHaveLength(40);
});

it("says nothing by ids or order: neither the table's own order nor the phase", async () => {
  const { test, answers } = await split("two");
  const order = test.slice(1).map(([, number]) => Number(number));
  expect(order).not.toEqual([...order].sort((a, b) => a - b));
  const phases = answers.slice(1).map(([, , phase]) => phase);
  const changes = phases.filter((phase, at) => at > 0 && phase !== phases[at - 1]).length;
  expect(changes).toBeGreaterThan(10);
});

it("gives the same files for the same secret, and others for another", async () => {
  const [first, again, other] = [await split("a"), await split("b"), await split("c", "another")];
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

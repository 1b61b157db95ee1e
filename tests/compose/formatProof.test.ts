// Prepare scripts on small files of the true format: the shipped ones are sound, and each way to be unsound has its sentence.
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatProof } from "../../src/compose/formatProof.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";

const TASKS = fileURLToPath(new URL("../../tasks", import.meta.url));
const NEVER = new AbortController().signal;
const world = { env: () => undefined };
const task = await loadTask(TASKS, "mnli");
let root = "";

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-proof-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The faults of the same task with another script. */
async function faultsOf(script: string) {
  const folder = await mkdtemp(path.join(root, "task-"));
  await cp(task.folder, folder, { recursive: true });
  const opening = "import os, sys\nout = sys.argv[2]\n";
  await writeFile(path.join(folder, "prepare.py"), opening + script);
  return formatProof(world, { ...task, folder }, NEVER);
}

const put = (place: string, content: string) => `open(os.path.join(out, ${place}), "w").write(${content})\n`;

describe("a prepare script", () => {
  it("that is shipped is sound; without such files there is no saying", async () => {
    expect(await formatProof(world, task, NEVER)).toEqual([]);
    expect(await formatProof(world, { ...task, id: "no-such-task" }, NEVER)).toBeNull();
    expect(await formatProof(world, { ...task, data: null }, NEVER)).toBeNull();
  });

  it("that fails, hides nothing, differs or shows what it hides is told of it", async () => {
    expect(await faultsOf("sys.exit('there is no such file')\n")).toEqual([
      expect.stringMatching(/^prepare\.py fails on tests\/format\/mnli: .*there is no such file/),
    ]);
    expect(await faultsOf(put('"public/a"', '"a"'))).toEqual([
      "prepare.py leaves no hidden file of tests/format/mnli",
    ]);
    expect(await faultsOf(put('"public/a"', "str(os.urandom(9))") + put('"hidden/b"', '"b"'))).toEqual([
      "prepare.py leaves other public files of tests/format/mnli each time it is run",
    ]);
    expect(await faultsOf(put('"public/a"', '"a"') + put('"hidden/b"', '"a"'))).toEqual([
      "prepare.py hides b and shows the same file to agents",
    ]);
  });
});

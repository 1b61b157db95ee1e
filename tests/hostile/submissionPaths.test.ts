// Names that lead out of a submission again. The list of a declared folder's files is made in the agent's own sandbox, where the agent may
// change it: nothing that it names is laid anywhere else in the judge's rooms.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExecResult } from "../../src/core/sandbox.ts";
import { covers, filesBelow } from "../../src/core/submissionPath.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { NEVER, reasonOf, TASKS, type World, world } from "../judge/world.ts";

const OUTWARD = [
  "model/../../judge.py",
  "model/../strategy.py",
  "model/./x",
  "model//etc/passwd",
  "model/..",
  "/etc/passwd",
  "../model/x",
  "model/a/../../../harness.py",
];
let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here[Symbol.asyncDispose]());

describe("a name that leads out of the declared folder", () => {
  it.each(OUTWARD)("is covered by none: %s", (name) => {
    expect(covers("model/", name)).toBe(false);
    expect(covers("./", name)).toBe(false);
  });

  it("is refused in a list that the sandbox gave, and with it the whole list", async () => {
    for (const name of OUTWARD) {
      const list = JSON.stringify(["model/honest.py", name]);
      const exec = async (): Promise<ExecResult> => ({ ...SAID, output: list, outputBytes: list.length });
      const found = await filesBelow({ exec }, "model/", { actionId: "x", signal: NEVER });
      expect(found, name).toBe("The files of `model/` cannot be listed.");
    }
  });

  it("is refused in a stored submission, before a room is opened for it", async () => {
    const task = await loadTask(TASKS, "battle-of-sexes");
    const submission = [{ path: "model/", bytesMax: 10_000 }];
    const withFolder = { ...task, definition: { ...task.definition, submission } };
    for (const name of OUTWARD) {
      const [verdict] = await here.evaluate(withFolder, { "model/a.py": "", [name]: "print(100)" });
      expect(reasonOf(verdict)).toContain(`${name} is not a file of the submission`);
    }
  });

  it("is not a name that only looks like it", () => {
    for (const name of ["model/..x", "model/a..b", "model/...", "model/-rf"])
      expect(covers("model/", name)).toBe(true);
  });
});

const SAID: ExecResult = {
  exitCode: 0,
  signal: null,
  timedOut: false,
  oomKilled: false,
  durationMs: 1,
  cpuMs: 1,
  output: "",
  outputBytes: 0,
  truncated: false,
  cwd: ".",
  shellRestarted: false,
};

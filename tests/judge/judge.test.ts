// The Evaluator: keys, phases, data submissions, whose fault a silence is, and rooms that are lost or never left behind.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BoundaryError } from "../../src/core/errors.ts";
import { evaluationKey, evaluationSchema } from "../../src/core/evaluation.ts";
import type { Sandbox, SandboxBackend, SandboxSpec } from "../../src/core/sandbox.ts";
import type { Task } from "../../src/core/task.ts";
import { judge } from "../../src/judge/judge.ts";
import { turns } from "../../src/schedule/turns.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { clock, NEVER, reasonOf, scoreOf, TASKS, type World, withJudge, world } from "./world.ts";

const HONEST = { "strategy.py": "def row_strategy(history):\n    return 0\n" };
const game = await loadTask(TASKS, "battle-of-sexes");
let here: World;
let root = "";

beforeAll(async () => {
  here = await world();
  root = await mkdtemp(path.join(tmpdir(), "nightshift-fixture-"));
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** A task with a judge of its own; everything else is that of the battle of the sexes. */
async function fixture(
  id: string,
  judge: string,
  edits: readonly (readonly [RegExp, string])[] = [],
): Promise<Task> {
  const folder = path.join(root, id);
  await cp(path.join(TASKS, "battle-of-sexes"), folder, { recursive: true });
  let yaml = await readFile(path.join(folder, "task.yaml"), "utf8");
  for (const [from, to] of edits) {
    expect(yaml).toMatch(from);
    yaml = yaml.replace(from, to);
  }
  await writeFile(path.join(folder, "task.yaml"), yaml);
  await writeFile(path.join(folder, "judge.py"), judge);
  return loadTask(root, id);
}

describe("an evaluation", () => {
  it("bears its key and everything the key is made of, and what the submission cost", async () => {
    const id = await here.submit(HONEST);
    const evaluations = await here.judgeOver(here.backend).evaluate(game, id, "validation", [3, 4], NEVER);
    expect(evaluations.map((evaluation) => evaluation.seed)).toEqual([3, 4]);
    for (const evaluation of evaluations) {
      const of = {
        submission: id,
        judgeHash: game.judgeHash,
        phase: "validation",
        seed: evaluation.seed,
      } as const;
      expect(evaluationSchema.parse(evaluation)).toMatchObject({
        ...of,
        key: evaluationKey(of),
        kind: "scored",
      });
      expect(evaluation.cpuMs).toBeGreaterThan(0);
      expect(evaluation.wallMs).toBeGreaterThan(0);
    }
  });

  it("is invalid, without any room, when declared files are missing or strange", async () => {
    const noRooms: SandboxBackend = {
      ...here.backend,
      create: () => Promise.reject(new Error("no rooms here")),
    };
    const over = here.judgeOver(noRooms);
    const judged = async (files: Record<string, string>) =>
      (await over.evaluate(game, await here.submit(files), "record", [1, 2], NEVER)).map(reasonOf);
    expect(await judged({})).toEqual(["strategy.py is missing", "strategy.py is missing"]);
    expect((await judged({ ...HONEST, "../judge.py": "" }))[0]).toBe(
      "../judge.py is not a file of the submission",
    );
    expect((await judged({ "strategy.py": "#".repeat(65_537) }))[0]).toBe(
      "strategy.py is larger than 65536 bytes",
    );
  });

  it("throws when the store has no such submission, or the backend no room", async () => {
    const unknown = here.judgeOver(here.backend).evaluate(game, "0".repeat(64), "record", [1], NEVER);
    await expect(unknown).rejects.toMatchObject({ name: "BoundaryError", boundary: "judge" });
    const noRooms: SandboxBackend = {
      ...here.backend,
      create: () => Promise.reject(new Error("no rooms here")),
    };
    const evaluating = here
      .judgeOver(noRooms)
      .evaluate(game, await here.submit(HONEST), "record", [1], NEVER);
    await expect(evaluating).rejects.toMatchObject({ name: "BoundaryError", boundary: "sandbox" });
  });
});

describe("an exclusive evaluation", () => {
  it("waits until no shared work goes on, and tells what judging took", async () => {
    const { shared, exclusive } = turns({ holdShared: true, takeHost: null });
    let release = () => {};
    let opened = 0;
    const backend: SandboxBackend = {
      ...here.backend,
      create: (spec, signal) => {
        opened += 1;
        return here.backend.create(spec, signal);
      },
    };
    const action = shared(() => new Promise<void>((resolve) => (release = resolve)));
    const alone = withJudge(game, { exclusive: true });
    const id = await here.submit(HONEST);
    const evaluations = judge({
      backend,
      blobs: here.blobs,
      clock,
      log: { info: () => undefined, warn: () => undefined },
      runId: "judge-tests",
      turns: { shared, exclusive },
    }).evaluate(alone, id, "record", [1], NEVER);
    await new Promise((resolve) => setImmediate(resolve));
    expect(opened).toBe(0);
    release();
    await action;
    const [evaluation] = await evaluations;
    expect(opened).toBe(2);
    expect(evaluation?.usage?.memoryMb).toBeGreaterThan(1);
    expect(evaluation?.usage?.judgeMemoryMb).toBeGreaterThan(1);
  });
});

describe("a submission of data", () => {
  const csvJudge = `
from nightshift_judge import Invalid, run


def judge(room):
    rows = room.submitted_csv("answers.csv", ["id", "value"], 3)
    try:
        values = [float(value) for _, value in rows]
    except ValueError:
        raise Invalid("a value is no number") from None
    return sum(values), {"rows": len(rows)}


run(judge)
`;
  const edits = [
    [/path: strategy\.py/, "path: answers.csv"],
    [/kind: policy/, "kind: csv"],
  ] as const;

  it("is judged in the judge's room alone, and nothing of it runs", async () => {
    const task = await fixture("csv-sum", csvJudge, edits);
    const purposes: string[] = [];
    const watched: SandboxBackend = {
      ...here.backend,
      create: (spec, signal) => {
        purposes.push(spec.purpose);
        return here.backend.create(spec, signal);
      },
    };
    const judged = async (text: string) =>
      (
        await here
          .judgeOver(watched)
          .evaluate(task, await here.submit({ "answers.csv": text }), "record", [1], NEVER)
      )[0];
    const good = await judged("id,value\n1,0.5\n2,1\n3,2\n");
    expect(scoreOf(good)).toBe(3.5);
    expect(good).toMatchObject({ metrics: { rows: 3 }, cpuMs: 0 });
    expect(purposes).toEqual(["judge"]);

    expect(reasonOf(await judged(""))).toBe("answers.csv must have the header id,value, not []");
    expect(reasonOf(await judged("id,value\n1,2\n"))).toBe(
      "answers.csv must have 3 rows after the header, not 1",
    );
    expect(reasonOf(await judged("id,value\n1,2\n2\n3,4\n"))).toBe("answers.csv, line 3 has 1 fields, not 2");
    expect(reasonOf(await judged("id,value\n1,2\n2,x\n3,4\n"))).toBe("a value is no number");
    expect(reasonOf(await judged('id,value\n1,"2\n'))).toMatch(/is not a CSV file in UTF-8/);
    expect(
      reasonOf(await here.evaluate(task, { "answers.csv": Uint8Array.of(0xff, 0xfe) }).then(([one]) => one)),
    ).toMatch(/is not a CSV file in UTF-8/);
  });

  it("is invalid when its numbers make no score", async () => {
    const task = await fixture("csv-nan", csvJudge, edits);
    const [judged] = await here.evaluate(task, { "answers.csv": "id,value\n1,nan\n2,1\n3,1\n" });
    expect(reasonOf(judged)).toBe("its score is not a finite number");
  });
});

describe("a broken judge is no verdict", () => {
  it.each([
    ["raises", "raise RuntimeError('labels are gone')", /RuntimeError: labels are gone/],
    ["exits without a verdict", "import os\nos._exit(0)", /reading the verdict/],
    [
      "prints its score instead",
      'import sys\nprint(\'{"kind": "scored", "score": 1}\')\nsys.exit(0)',
      /reading the verdict/,
    ],
    [
      "is too slow itself",
      "import time\nfrom nightshift_judge import run\n\ndef judge(room):\n    time.sleep(60)\n\nrun(judge)",
      /did not finish within its deadline/,
    ],
  ])("one that %s", async (what, code, message) => {
    const task = withJudge(await fixture(what.replaceAll(" ", "-"), code), { timeoutSeconds: 1 });
    const error: unknown = await here.evaluate(task, HONEST).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BoundaryError);
    expect(error).toMatchObject({ boundary: "judge", message: expect.stringMatching(message) });
  });

  it("and its prints do not reach the submission", async () => {
    const source = await readFile(path.join(game.folder, "judge.py"), "utf8");
    const task = await fixture(
      "talks",
      source.replace("    score =", "    print('noise' * 1000, flush=True)\n    score ="),
    );
    const [talks] = await here.evaluate(task, HONEST);
    const [plain] = await here.evaluate(game, HONEST);
    expect(scoreOf(talks)).toBe(scoreOf(plain));
  });
});

/** The backend, with a list of what it has open, and a way to break the submission's room after its harness started. */
function watched(
  inner: SandboxBackend,
  options: { readonly breakSubmissions: number; readonly breakJudgeToo?: boolean },
) {
  const open = new Set<string>();
  const judges: Sandbox[] = [];
  let toBreak = options.breakSubmissions;
  const backend: SandboxBackend = {
    ...inner,
    create: async (spec: SandboxSpec, signal) => {
      const sandbox = await inner.create(spec, signal);
      const name = `${spec.purpose} ${sandbox.handle.id} ${open.size}`;
      open.add(name);
      if (spec.purpose === "judge") judges.push(sandbox);
      const close = sandbox[Symbol.asyncDispose].bind(sandbox);
      const spawn: Sandbox["spawn"] = async (argv, spawnOptions) => {
        const stream = await sandbox.spawn(argv, spawnOptions);
        if (spec.purpose === "submission" && toBreak > 0) {
          toBreak -= 1;
          await close();
          if (options.breakJudgeToo) await Promise.all(judges.map((judge) => judge[Symbol.asyncDispose]()));
        }
        return stream;
      };
      return {
        ...bound(sandbox),
        spawn,
        [Symbol.asyncDispose]: async () => {
          open.delete(name);
          await close();
        },
      };
    },
  };
  return { backend, open };
}

function bound(sandbox: Sandbox): Sandbox {
  return {
    capabilities: sandbox.capabilities,
    handle: sandbox.handle,
    shell: (id, command, options) => sandbox.shell(id, command, options),
    exec: (id, argv, options) => sandbox.exec(id, argv, options),
    spawn: (argv, options) => sandbox.spawn(argv, options),
    read: (name, bytesMax) => sandbox.read(name, bytesMax),
    write: (name, data) => sandbox.write(name, data),
    snapshot: () => sandbox.snapshot(),
    restore: (id) => sandbox.restore(id),
    probe: () => sandbox.probe(),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

describe("rooms", () => {
  const evaluate = async (backend: SandboxBackend, files: Readonly<Record<string, string>> = HONEST) =>
    here.judgeOver(backend).evaluate(game, await here.submit(files), "record", [1], NEVER);

  it("are given back after a score, an invalid submission and a broken judge alike", async () => {
    const { backend, open } = watched(here.backend, { breakSubmissions: 0 });
    scoreOf((await evaluate(backend))[0]);
    reasonOf((await evaluate(backend, { "strategy.py": "import os\nos._exit(1)" }))[0]);
    const broken = await fixture("broken", "raise SystemExit(3)");
    const evaluating = here
      .judgeOver(backend)
      .evaluate(broken, await here.submit(HONEST), "record", [1], NEVER);
    await expect(evaluating).rejects.toMatchObject({ boundary: "judge" });
    expect([...open]).toEqual([]);
  });

  it("are opened once more when the submission's is lost: an accident costs no score", async () => {
    const { backend, open } = watched(here.backend, { breakSubmissions: 1 });
    const [plain] = await evaluate(here.backend);
    expect(scoreOf((await evaluate(backend))[0])).toBe(scoreOf(plain));
    expect(here.warnings).toContain("submission-room-lost");
    expect([...open]).toEqual([]);
  });

  it("lost twice beside a judge that lives are the submission's doing", async () => {
    const { backend, open } = watched(here.backend, { breakSubmissions: 2 });
    expect(reasonOf((await evaluate(backend))[0])).toBe("its sandbox did not survive it");
    expect([...open]).toEqual([]);
  });

  it("lost together are nobody's score", async () => {
    const { backend, open } = watched(here.backend, { breakSubmissions: 9, breakJudgeToo: true });
    await expect(evaluate(backend)).rejects.toMatchObject({ name: "BoundaryError", boundary: "sandbox" });
    expect([...open]).toEqual([]);
  });

  it("are given back when the evaluation is aborted", async () => {
    const { backend, open } = watched(here.backend, { breakSubmissions: 0 });
    const controller = new AbortController();
    const sleeper = await here.submit({ "strategy.py": "import time\ntime.sleep(60)\n" });
    const evaluating = here.judgeOver(backend).evaluate(game, sleeper, "record", [1], controller.signal);
    setTimeout(() => controller.abort(new DOMException("enough", "AbortError")), 400);
    await expect(evaluating).rejects.toMatchObject({ name: "AbortError", message: "enough" });
    expect([...open]).toEqual([]);
  });
});

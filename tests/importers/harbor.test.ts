// Harbor's format, both ways: what is exported comes back as a task with the same scores, foreign tasks are judged by their own tests, and
// what cannot be carried over is said.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { stringify } from "smol-toml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { UserError } from "../../src/core/errors.ts";
import { NO_SECRETS } from "../../src/core/secrets.ts";
import type { TaskFile } from "../../src/core/task.ts";
import { collectSubmission } from "../../src/env/submission.ts";
import { readDockerfile } from "../../src/importers/harbor/dockerfile.ts";
import { checkExportable, exportHarborTask } from "../../src/importers/harbor/exportTask.ts";
import { importHarborTasks } from "../../src/importers/harbor/importTasks.ts";
import { parseToml } from "../../src/importers/harbor/toml.ts";
import { writeTaskFiles } from "../../src/importers/taskFile.ts";
import { leaksOf } from "../../src/judge/leaks.ts";
import { submissionOf } from "../../src/judge/submissionOf.ts";
import { anchored } from "../../src/rewards/anchored.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { readSolutions } from "../../src/tasks/readSolutions.ts";
import { readTree } from "../../src/tasks/readTree.ts";
import { NEVER, TASKS, type World, world } from "../judge/world.ts";

const TEMPLATES = fileURLToPath(new URL("../../src/tasks/templates", import.meta.url));
let root = "";
let rooms: World;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-harbor-"));
  rooms = await world();
});
afterAll(async () => {
  await rooms[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const newKey = () => "ab".repeat(32);
const textsOf = (files: Iterable<readonly [string, Uint8Array]>) =>
  Object.fromEntries([...files].map(([name, data]) => [name, data]));

/** Lays a folder out of texts by path. */
async function lay(folder: string, files: Readonly<Record<string, string>>) {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  return folder;
}

/** The starter's files, or a solution's, as the submission that `tasks check` makes of them. */
async function scoreOf(
  task: Awaited<ReturnType<typeof loadTask>>,
  files: readonly TaskFile[],
  seeds = [0, 1],
) {
  const of = { task, files, backend: rooms.backend, runId: "harbor-tests", makeMsMax: 60_000 };
  const made = await submissionOf(of, NEVER);
  if ("reason" in made) return made.reason;
  const evaluations = await rooms.evaluate(task, textsOf(made.files), seeds);
  return evaluations.map((one) => (one.kind === "scored" ? one.score : one.reason));
}

describe("an exported task", { timeout: 180_000 }, () => {
  it.each(["csv", "function", "policy", "repo"])(
    "of kind %s comes back with the same scores",
    async (kind) => {
      const tasks = path.join(root, `own-${kind}`);
      await cp(path.join(TEMPLATES, kind), path.join(tasks, "own"), { recursive: true });
      const task = await loadTask(tasks, "own");
      const out = path.join(root, `harbor-${kind}`);
      await exportHarborTask({ task, image: { dockerfile: "FROM debian:bookworm-slim\n", files: [] }, out });

      // Hidden bytes are below tests/ and nowhere else, and no draft is left.
      const shown = new Set(task.definition.shown?.map((name) => `hidden/${name}`));
      const hidden = task.judgeFiles.filter(
        (file) => file.path.startsWith("hidden/") && !shown.has(file.path),
      );
      expect(hidden.length).toBeGreaterThan(0);
      const written = await readTree(out, "export");
      for (const file of hidden) {
        const places = written.filter((one) => Buffer.from(one.data).includes(Buffer.from(file.data)));
        expect(places.map((one) => one.path.split("/")[0])).toEqual(["tests"]);
      }
      expect((await readdir(root)).filter((name) => name.endsWith(".draft"))).toEqual([]);

      const back = path.join(root, `back-${kind}`);
      const rows = await importHarborTasks({ source: out, out: back, newKey }, NEVER);
      expect(rows).toMatchObject([{ task: `harbor-harbor-${kind}`, outcome: "imported", obstacles: [] }]);
      const again = await loadTask(back, `harbor-harbor-${kind}`);
      const { metric, anchors, sigma, family, licence, use } = task.definition;
      expect(again.definition).toMatchObject({
        metric,
        anchors,
        sigma,
        family,
        licence,
        use,
        judge: { kind: "script" },
      });
      expect(new Set(again.workspace.map((file) => file.path))).toEqual(
        new Set(task.workspace.map((file) => file.path)),
      );

      const reference = async (of: typeof task) =>
        (await readSolutions(of)).find(({ name }) => name === "reference")?.files ?? [];
      expect(await scoreOf(again, [])).toEqual(await scoreOf(task, []));
      const solved = await scoreOf(again, await reference(again));
      expect(solved).toEqual(await scoreOf(task, await reference(task)));
      expect(solved).not.toEqual(await scoreOf(task, []));
      // Every rung of the ladder comes along, and nothing is a leak that was shown on purpose.
      const ladder = await readSolutions(again);
      expect(ladder.map(({ name }) => name)).toEqual((await readSolutions(task)).map(({ name }) => name));
      expect(leaksOf(again, [])).toEqual(leaksOf(task, []));
    },
  );

  it("is judged as Harbor judges: in a container as root, where the submission's code is nobody's", async ({
    skip,
  }) => {
    const docker = (...args: readonly string[]) => promisify(execFile)("docker", args);
    await docker("image", "inspect", "nightshift/python").catch(() =>
      skip("no Docker here with the image nightshift/python"),
    );
    const tasks = path.join(root, "own-docker");
    await cp(path.join(TEMPLATES, "policy"), path.join(tasks, "own"), { recursive: true });
    const task = await loadTask(tasks, "own");
    const out = path.join(root, "harbor-docker");
    await exportHarborTask({ task, image: { dockerfile: "FROM debian:bookworm-slim\n", files: [] }, out });
    const rewardsOf = async (before: string) => {
      const script = `cp -r /task/tests /tests; cp -r /task/solution /solution; cp -r /task/environment/workspace/. /work
        cd /work; ${before}; bash /tests/test.sh >&2; cat /logs/verifier/reward.json`;
      const run = [
        "run",
        "--rm",
        "--network",
        "none",
        "-v",
        `${out}:/task:ro`,
        "nightshift/python",
        "bash",
        "-c",
        script,
      ];
      return z.record(z.string(), z.number()).parse(JSON.parse((await docker(...run)).stdout));
    };
    const scores = async (files: readonly TaskFile[]) =>
      z.array(z.number()).parse(await scoreOf(task, files, [0, 1, 2]));
    const solution = (await readSolutions(task)).find(({ name }) => name === "reference")?.files ?? [];
    for (const [before, files] of [
      ["true", []],
      ["bash /solution/solve.sh", solution],
    ] as const) {
      const ours = await scores(files);
      const rewards = await rewardsOf(before);
      expect(rewards["raw_score"]).toBeCloseTo(ours.reduce((sum, score) => sum + score, 0) / 3, 12);
      expect(rewards["reward"]).toBeCloseTo(anchored(task.definition, ours) ?? Number.NaN, 12);
    }
    expect(await rewardsOf("rm policy.py")).toEqual({ reward: 0, valid: 0 });
    // What it hides is root's alone while the submission runs.
    const spy =
      "import os\n\ndef pull(history):\n    return 0 if os.access('/tests/judge/hidden/key', os.R_OK) or os.getuid() == 0 else 1\n";
    const always = (arm: number) => `def pull(history):\n    return ${arm}\n`;
    const write = (code: string) => `echo ${Buffer.from(code).toString("base64")} | base64 -d > policy.py`;
    const [spied, one, zero] = [
      await rewardsOf(write(spy)),
      await rewardsOf(write(always(1))),
      await rewardsOf(write(always(0))),
    ];
    expect(spied["raw_score"]).toBe(one["raw_score"]);
    expect(spied["raw_score"]).not.toBe(zero["raw_score"]);
  });

  it("is refused where it brings data of its own, or came from elsewhere", async () => {
    const out = path.join(root, "never");
    await expect(checkExportable(await loadTask(TASKS, "cifar10"), out)).rejects.toThrow(
      /^cifar10: it brings data of its own licence .* copied into no export$/,
    );
    await expect(checkExportable(await loadTask(TASKS, "battle-of-sexes"), root)).rejects.toThrow(
      /is there already/,
    );
  });
});

const GREETING = {
  "task.toml": `schema_version = "1.4"
[task]
name = "someone/greeting"
keywords = ["files"]
[metadata]
category = "writing"
license = "MIT"
[environment]
cpus = 1
memory = "1G"
`,
  "instruction.md":
    "<!-- canary 1234 -->\n\nWrite `Hello, {name}!` into /app/hello.txt, as /app/names/one.txt has it.\n",
  "environment/Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY names/ names/\n",
  "environment/names/one.txt": "world\n",
  "tests/test.sh": `#!/bin/bash
python3 /tests/check.py /app/hello.txt > /logs/verifier/reward.txt || rm /logs/verifier/reward.txt
echo "looked at /app.cfg and ./app/x"
`,
  "tests/check.py": `import sys
try:
    print(float(open(sys.argv[1]).read() == open("/tests/wanted.txt").read()))
except FileNotFoundError:
    print(0.5)
`,
  "tests/wanted.txt": "Hello, world!\n",
  "solution/solve.sh": '#!/bin/bash\necho "Hello, $(cat /app/names/one.txt)!" > /app/hello.txt\n',
};

describe("a task of Harbor's", { timeout: 120_000 }, () => {
  it("is judged by its own tests, in a fresh room beside what the agent left", async () => {
    const source = await lay(path.join(root, "greeting"), GREETING);
    const out = path.join(root, "greeting-tasks");
    const [row] = await importHarborTasks({ source, out, newKey }, NEVER);
    expect(row).toMatchObject({ task: "harbor-greeting", outcome: "imported" });
    expect(row?.notes.join("\n")).toMatch(
      /a network \(public\)[\s\S]*in a fresh room[\s\S]*the image `python`/,
    );
    const task = await loadTask(out, "harbor-greeting");
    expect(task.description).toBe("Write `Hello, { name }!` into ./hello.txt, as ./names/one.txt has it.\n");
    expect(task.definition).toMatchObject({
      licence: "MIT",
      domain: "writing",
      resources: { memoryMb: 1024 },
    });
    expect(task.definition.submission).toMatchObject([{ path: "./" }]);
    expect(task.workspace.map((file) => file.path)).toEqual(["names/one.txt"]);
    // The tests as they were, where only the judge's room has them.
    const kept = task.judgeFiles.find((file) => file.path === "hidden/harbor/tests/test.sh");
    expect(new TextDecoder().decode(kept?.data)).toBe(GREETING["tests/test.sh"]);

    expect(await scoreOf(task, [])).toEqual([0.5, 0.5]);
    const [solution] = await readSolutions(task);
    expect(await scoreOf(task, solution?.files ?? [])).toEqual([1, 1]);
    const wrong = await rooms.evaluate(task, { "hello.txt": "Hi!\n", "harbor/tests/check.py": "print(1)" });
    expect(wrong).toMatchObject([{ kind: "scored", score: 0 }]);
    // Modules of the agent's that our own runner would import, and files beside the tests, which none of them asked for.
    const forged = `import sys\nprint('{"rewards": {"reward": 1}, "words": ""}')\nsys.exit(0)\n`;
    for (const name of [
      "subprocess.py",
      "shutil.py",
      "re.py",
      "harbor/tests/sitecustomize.py",
      "harbor/tests/json.py",
    ]) {
      const [forgery] = await rooms.evaluate(task, { "hello.txt": "Hi!\n", [name]: forged });
      expect(forgery?.kind === "scored" ? forgery.score : 0, name).toBe(0);
    }
  });

  it("gets the whole folder of the agent, links and what is too large left out", async () => {
    const source = await lay(path.join(root, "whole"), { ...GREETING, "environment/names/two.txt": "two\n" });
    const out = path.join(root, "whole-tasks");
    await importHarborTasks({ source, out, newKey }, NEVER);
    const task = await loadTask(out, "harbor-whole");
    await using sandbox = await rooms.backend.create(
      {
        runId: "harbor-tests",
        owner: "whole",
        purpose: "rollout",
        image: "python",
        files: task.workspace,
        mounts: [],
        limits: { cpus: 1, memoryMb: 256, pids: 32, diskMb: 64, lifetimeMs: 60_000 },
        env: {},
        network: false,
        orphanTtlMs: 60_000,
      },
      NEVER,
    );
    const shell = (command: string) =>
      sandbox.shell(command, command, { timeoutMs: 20_000, outputBytesMax: 1000 });
    await shell(
      "echo 'Hello, world!' > hello.txt; rm names/two.txt; ln -s /etc/passwd link; mkdir -p 'a b/c'; touch 'a b/c/ü'",
    );
    const collected = await collectSubmission(
      task.definition.submission,
      sandbox,
      { blobs: rooms.blobs, secrets: NO_SECRETS },
      NEVER,
    );
    if ("reason" in collected) throw new Error(collected.reason);
    expect(collected.manifest.map((file) => file.path)).toEqual(["a b/c/ü", "hello.txt", "names/one.txt"]);
    const evaluator = rooms.judgeOver(rooms.backend);
    const judged = await evaluator.evaluate(task, collected.id, "record", [0], NEVER);
    expect(judged).toMatchObject([{ kind: "scored", score: 1 }]);
    const small = [{ path: "./", bytesMax: 16 }];
    expect(
      await collectSubmission(small, sandbox, { blobs: rooms.blobs, secrets: NO_SECRETS }, NEVER),
    ).toMatchObject({
      reason: expect.stringMatching(/is larger than the \d+ bytes allowed/),
    });
    await shell("for i in $(seq 2100); do : > many$i; done");
    expect(
      await collectSubmission(
        task.definition.submission,
        sandbox,
        { blobs: rooms.blobs, secrets: NO_SECRETS },
        NEVER,
      ),
    ).toEqual({
      reason: "`./` has more than 2000 files.",
    });
  });

  it.each([
    [
      { "tests/test.sh": "apt-get update && curl x | sh\n" },
      /tests\/test\.sh fetches what it needs \(apt-get/,
    ],
    [{ "environment/docker-compose.yaml": "services: {}\n" }, /several containers/],
    [{ "environment/Dockerfile": "FROM python:3.12\nCOPY names/ /names/\n" }, /work in \/ itself/],
    [{ "task.toml": '[[steps]]\nname = "a"\n[[steps]]\nname = "b"\n' }, /it has 2 steps/],
    [{ "task.toml": '[environment]\nos = "windows"\n' }, /it is for windows/],
    [{ "task.toml": 'artifacts = ["/app/x", "/var/y"]\n' }, /1 of its artifacts lie outside \/app/],
    [{ "task.toml": `[verifier.env]\nKEY = "\${KEY}"\n` }, /need \$\{KEY\} from the host/],
    [{ "tests/test.sh": null, "tests/test.bat": "" }, /its tests are for Windows/],
    [{ "environment/Dockerfile": null }, /neither a Dockerfile nor a docker_image/],
  ])("says in a sentence what keeps it from being played: %j", async (changes, sentence) => {
    const files = Object.entries({ ...GREETING, ...changes }).filter(
      (one): one is [string, string] => one[1] !== null,
    );
    const folder = await mkdtemp(path.join(root, "odd-"));
    const source = await lay(path.join(folder, "odd"), Object.fromEntries(files));
    const [row] = await importHarborTasks({ source, out: path.join(folder, "tasks"), newKey }, NEVER);
    expect(row).toMatchObject({ task: "harbor-odd", outcome: "notPlayable" });
    expect(row?.obstacles.join("; ")).toMatch(sentence);
    const task = await loadTask(path.join(folder, "tasks"), "harbor-odd");
    expect(task.definition.notPlayable).toMatch(sentence);
  });

  it("writes nothing outside its folder, wherever its Dockerfile copies to", async () => {
    const dockerfile =
      "FROM python:3.12\nWORKDIR /app\nCOPY names/ names/\nCOPY evil /app/../../../../evil\nCOPY evil ../../../evil2\n";
    const folder = await mkdtemp(path.join(root, "slip-"));
    const source = await lay(path.join(folder, "slip"), {
      ...GREETING,
      "environment/Dockerfile": dockerfile,
      "environment/evil": "x",
    });
    const [row] = await importHarborTasks({ source, out: path.join(folder, "a/b/tasks"), newKey }, NEVER);
    expect(row?.task).toBe("harbor-slip");
    const { workspace } = await loadTask(path.join(folder, "a/b/tasks"), "harbor-slip");
    expect(workspace.some((file) => file.path.includes("evil"))).toBe(false);
    const laid = (await readdir(folder, { recursive: true })).filter((name) => /evil/.test(name));
    expect(laid.sort()).toEqual(["a/b/tasks/_images/harbor-slip/evil", "slip/environment/evil"]);
    const out = [{ path: "workspace/../../evil", data: new Uint8Array(), executable: false }];
    await expect(writeTaskFiles(path.join(folder, "task"), out)).rejects.toThrow(/outside the task's folder/);
  });

  it("brings its own image along where it installs something", async () => {
    const dockerfile = "FROM python:3.12\nWORKDIR /app\nRUN pip install numpy\nCOPY names/ names/\n";
    const source = await lay(path.join(root, "installs"), {
      ...GREETING,
      "environment/Dockerfile": dockerfile,
    });
    const out = path.join(root, "installs-tasks");
    const [row] = await importHarborTasks({ source, out, newKey }, NEVER);
    expect(row?.notes.join("\n")).toContain("`nightshift images build harbor-installs`");
    expect((await loadTask(out, "harbor-installs")).definition.image).toBe("harbor-installs");
    const lines = (await readFile(path.join(out, "_images/harbor-installs/Dockerfile"), "utf8")).split("\n");
    expect(lines.slice(0, 2)).toEqual(["ARG BASE=python:3.12", `FROM \${BASE}`]);
    expect(lines).toContain("RUN mkdir -p /work /data");
  });

  it.each([
    [{ "task.toml": "a = 1\nb = \n" }, /^many\/task\.toml:2: invalid value$/],
    [{ "task.toml": '[verifier]\ntimeout_sec = "long"\n' }, /^many\/task\.toml: verifier\.timeout_sec: /],
    [{ "instruction.md": null }, /^many\/instruction\.md: missing/],
  ])("that cannot be read is refused, and the others are imported: %j", async (changes, sentence) => {
    const files = Object.entries({ ...GREETING, ...changes }).filter(
      (one): one is [string, string] => one[1] !== null,
    );
    const folder = await mkdtemp(path.join(root, "many-"));
    await lay(path.join(folder, "many"), Object.fromEntries(files));
    await lay(path.join(folder, "whole"), GREETING);
    const out = path.join(folder, "tasks");
    const rows = await importHarborTasks({ source: folder, out, newKey }, NEVER);
    expect(rows.map(({ task }) => task)).toEqual([null, "harbor-whole"]);
    expect(rows[0]?.obstacles).toEqual([expect.stringMatching(sentence)]);
    expect(await readdir(out)).toEqual(["harbor-whole"]);
    await expect(importHarborTasks({ source: folder, out, newKey }, NEVER)).rejects.toThrow(
      /is there already/,
    );
    await expect(importHarborTasks({ source: out, out, newKey }, NEVER)).rejects.toThrow(
      /no task in Harbor's format/,
    );
  });
});

const DOCUMENTS = [
  'a = 1\n"b c" = [1, 2,\n 3, # three\n]\n[x.y]\nz = { p = "q", r.s = true }\n[[l]]\nn = 1\n[[l]]\nn = 2\n[l.m]\no = 3\n',
  'a = \'\'\'\nraw \\ text\'\'\'\nb = """one \\\n   two"""\nc = "\\u00e9\\t\\""\nd = \'\'\ne = """"quoted""""\n',
  "i = 1_000\nh = 0xff\no = 0o17\nb = 0b101\nf = 1e3\ng = -0.5\nk = 6.02_1e+2\nl = +7\nm = [true, false]\n",
  "a.b.c = 1\na.b.d = 2\n[e]\n[e.f]\ng = []\nh = [[1, 2], ['x']]\nj = {}\n\r\n# end",
];

describe("TOML", () => {
  it("is read as Python's own reader reads it", async ({ skip }) => {
    const program =
      "import json, sys, tomllib; print(json.dumps(tomllib.loads(sys.stdin.buffer.read().decode())))";
    for (const document of DOCUMENTS) {
      const run = promisify(execFile)("python3", ["-c", program]);
      run.child.stdin?.end(document);
      const printed = await run.catch((error: unknown) => {
        if (String(error).includes("No module named 'tomllib'"))
          skip("this python3 is older than 3.11: no tomllib");
        throw error;
      });
      expect(JSON.parse(JSON.stringify(parseToml(document, "x"))), document).toEqual(
        JSON.parse(printed.stdout),
      );
    }
  });

  it.each([
    ["a = 1\na = 2", "x:2:"],
    ["[a]\n[b]\n[a]", "x:3:"],
    ["a = {b = 1}\n[a.c]", "x:2:"],
    ['a = "x', "x:1:"],
    ["b = 1\na = 1 2", "x:2:"],
    ["a", "x:1:"],
    [`a = ${"[".repeat(5_000)}`, "x:1:"],
  ])("%j is refused with its line", (text, place) => {
    expect(() => parseToml(text, "x")).toThrow(UserError);
    expect(() => parseToml(text, "x")).toThrow(place);
  });

  it("comes back as it was written", () => {
    const value = { s: 'a "b"\n\\ ü\u007f', n: -1.5, t: [1, 2], deep: { "odd key": true, more: { x: "" } } };
    expect(parseToml(stringify(value), "x")).toEqual(value);
  });
});

describe("a Dockerfile", () => {
  it("is read for its last stage, its working folder, copies and commands", () => {
    const facts = readDockerfile(
      'FROM a AS one\nRUN x\nFROM b\n# no\nWORKDIR /srv\nWORKDIR app\nCOPY --chown=1:1 src \\\n  more/ ./\nCOPY ["a b", "/x/"]\n' +
        'COPY --from=one /y /y\nENV P=1 Q="2 3"\nRUN make \\\n  all\nCOPY $Z /z\nCMD x\n',
    );
    expect(facts).toMatchObject({ from: "b", workdir: "/srv/app", env: { P: "1", Q: "2 3" } });
    expect(facts.copies).toEqual([
      { sources: ["src", "more/"], target: "/srv/app/" },
      { sources: ["a b"], target: "/x/" },
    ]);
    expect(facts.runs).toEqual([{ text: "make all", workdir: "/srv/app" }]);
    expect(facts.others).toEqual(["COPY --from=one /y /y", "COPY $Z /z"]);
  });
});

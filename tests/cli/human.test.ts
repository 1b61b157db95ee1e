// A person plays at the terminal: commands from a pipe or a pseudo-terminal become a rollout that is recorded, judged and written like a model's.
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { openDataset } from "../../src/dataset/openDataset.ts";
import { readRun } from "../../src/store/readRun.ts";
import { nightshift, REPOSITORY } from "./nightshift.ts";

const BIN = path.join(REPOSITORY, "bin/nightshift.js");
const PIPELINE = `name: mine
cells:
  tasks: [dilemma-games/0]
  models: [{ name: me, wire: human }]
rollouts: { perCell: 1 }
concurrency: { rollouts: 1 }
limits: { steps: 10, validations: 3 }
sandbox: { backend: process }
stages: { evaluate: { seeds: 1 }, export: [sft_text_chat] }
`;
/** A pseudo-terminal that answers: each pair is what to wait for, and what is then typed. */
const TERMINAL = `
import json, os, pty, select, sys, time
answers = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, until = "", time.time() + 90
while time.time() < until:
    if answers and answers[0][0] in seen:
        os.write(terminal, answers[0][1].encode())
        seen = ""
        answers.pop(0)
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        text = data.decode("utf-8", "replace")
        sys.stdout.write(text)
        seen += text
status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status) if answers == [] else 99)
`;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-human-"));
  await writeFile(path.join(folder, "mine.yaml"), PIPELINE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function play(argv: readonly string[], input: string): Promise<{ exitCode: number | null; output: string }> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { cwd: folder, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  child.stdin.end(input);
  return new Promise((resolve) => child.on("close", (exitCode) => resolve({ exitCode, output })));
}

async function played(name: string): Promise<Trajectory | undefined> {
  const reader = await readRun(path.join(folder, name));
  const [rollout] = reader.state.rollouts.values();
  const archive = rollout?.archive ?? null;
  return archive === null ? undefined : reader.archive.read(archive);
}

describe("a person who plays through a pipe", () => {
  it("is recorded, judged and exported like a model", async () => {
    const typed = [
      "# What is here?",
      "ls",
      "cat > strategy.py <<'END'",
      "def row_strategy(history):",
      "",
      "    return 1",
      "END",
      "validate",
      "submit",
    ];
    const { exitCode, output } = await play(
      [process.execPath, BIN, "run", "mine.yaml", "--out", "piped"],
      `${typed.join("\n")}\n`,
    );
    expect(exitCode, output).toBe(0);
    expect(output).toContain("The submission is valid.");
    const trajectory = await played("piped");
    expect(trajectory).toMatchObject({ provider: "human", outcome: { kind: "submitted" } });
    expect(trajectory?.steps.map(({ actions }) => actions[0]?.text)).toEqual([
      "ls",
      typed.slice(2, 7).join("\n"),
      "validate",
      "submit",
    ]);
    expect(trajectory?.pool[2]?.message.content).toBe("What is here?\n\n```\nls\n```");

    const dataset = await openDataset(path.join(folder, "piped/dataset"));
    const rows: unknown[] = [];
    for (const split of dataset.splits)
      for await (const { trajectory: row } of dataset.rollouts(split)) rows.push(row);
    expect(rows).toMatchObject([
      { provider: "human", model: "human/me", trainable: true, evaluation_status: "scored" },
    ]);
  });

  it("who has nothing more to say gives up", async () => {
    const { exitCode, output } = await play(
      [process.execPath, BIN, "run", "mine.yaml", "--out", "ended"],
      "ls\ncat <<END\nhalf",
    );
    expect(exitCode).toBe(0);
    expect(output).toContain("the input has ended: this is recorded as giving up (forfeit)");
    expect((await played("ended"))?.outcome).toEqual({ kind: "forfeit" });
  });

  it("plays alone", async () => {
    const two = await nightshift(["run", "mine.yaml", "--set", "concurrency.rollouts=2", "--out", "two"], {
      cwd: folder,
    });
    expect(two).toMatchObject({ exitCode: 2, stdout: "" });
    expect(two.stderr).toContain("concurrency.rollouts: 2 is more than one person");
  });
});

describe("a person at a terminal", () => {
  const at = (answers: readonly (readonly [string, string])[], out: string) =>
    play(
      [
        "python3",
        "-c",
        TERMINAL,
        JSON.stringify(answers),
        process.execPath,
        BIN,
        "run",
        "mine.yaml",
        "--out",
        out,
      ],
      "",
    );

  it("is asked, goes on over several lines, and gives up with Ctrl-D", async () => {
    const { exitCode, output } = await at(
      [
        ["> ", "echo 'one\r"],
        ["… ", "two'\r"],
        ["[1 of 10 steps used", "\u0004"],
      ],
      "terminal",
    );
    expect(exitCode, output).toBe(0);
    const trajectory = await played("terminal");
    expect(trajectory?.outcome).toEqual({ kind: "forfeit" });
    expect(trajectory?.steps[0]?.actions[0]?.text).toBe("echo 'one\ntwo'");
    expect(trajectory?.pool[3]?.message.content).toContain("one\ntwo");
  });

  it("stops the run with Ctrl-C, and goes on with resume where it was", async () => {
    const { exitCode, output } = await at(
      [
        ["> ", "echo here > kept.txt\r"],
        ["[1 of 10 steps used", "\u0003"],
      ],
      "stopped",
    );
    expect(exitCode, output).toBe(130);
    expect(output).toContain("go on with `nightshift resume");
    expect(await played("stopped")).toBeUndefined();
    const resumed = await play([process.execPath, BIN, "resume", "stopped"], "cat kept.txt\nsubmit\n");
    expect(resumed.exitCode, resumed.output).toBe(0);
    const trajectory = await played("stopped");
    expect(trajectory?.steps.map(({ actions }) => actions[0]?.text)).toEqual([
      "echo here > kept.txt",
      "cat kept.txt",
      "submit",
    ]);
    expect(trajectory?.pool[5]?.message.content).toMatch(/^here\n/);
  });
});

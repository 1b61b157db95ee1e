// The whole chain from a written command to an observation, in a real process sandbox: editor, shell, search, validation.
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Env, StepResult } from "../../src/core/env.ts";
import type { RolloutLimits } from "../../src/core/limits.ts";
import type { Clock } from "../../src/core/runtime.ts";
import type { SandboxBackend, SandboxSpec } from "../../src/core/sandbox.ts";
import { processBackend } from "../../src/sandbox/process.ts";
import { parseCommand } from "../../src/tools/parseCommand.ts";
import { toolset } from "../../src/tools/toolset.ts";
import { memoryBlobs } from "../tools/memorySandbox.ts";
import { numbered } from "../tools/runTool.ts";
import { env as createTestEnv, evaluatorOver, silent } from "./parts.ts";

const never = new AbortController().signal;
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { ref: false, ...(signal && { signal }) }),
};
const blobs = memoryBlobs();
/** One that every user may run: the first on PATH may lie in a home folder that a sandbox's user cannot enter. */
const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
let root: string;
let backend: SandboxBackend;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ns-env-"));
  // Sandboxes run under users of their own, who must be able to pass through.
  await chmod(root, 0o755);
  backend = processBackend({ root, python, blobs, clock, log: silent });
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Play extends AsyncDisposable {
  readonly env: Env;
  do(command: string): Promise<StepResult>;
  text(command: string): Promise<string>;
}

/** An episode over these workspace files, played by written commands. */
async function play(
  files: Readonly<Record<string, string>>,
  limits: Partial<RolloutLimits> = {},
): Promise<Play> {
  const spec: SandboxSpec = {
    runId: "run",
    owner: "test",
    purpose: "rollout",
    image: "none",
    files: Object.entries(files).map(([path, text]) => ({
      path,
      data: Buffer.from(text),
      executable: false,
    })),
    mounts: [],
    limits: { cpus: 1, memoryMb: 256, pids: 64, diskMb: 64, lifetimeMs: 600_000 },
    env: {},
    network: false,
    orphanTtlMs: 60_000,
  };
  const sandbox = await backend.create(spec, never);
  const env = createTestEnv({ sandbox, blobs, evaluator: evaluatorOver(blobs), limits, clock });
  await env.reset({ actionScope: "scope/0" }, never);
  const act = (command: string) => {
    const parsed = parseCommand(toolset, command);
    if (typeof parsed === "string") throw new Error(parsed);
    return env.step({ tool: parsed.tool, arguments: parsed.arguments, text: command, callId: null }, never);
  };
  return {
    env,
    do: act,
    text: async (command) => (await act(command)).observation.text,
    [Symbol.asyncDispose]: () => env[Symbol.asyncDispose](),
  };
}

describe("an episode in a process sandbox", () => {
  it("edits a program, runs it, validates and submits", async () => {
    await using game = await play({ "make.py": "print('0.1')\n", "out/b.csv": "" });
    expect(await game.text("open make.py")).toBe("[make.py: 1 line]\n1: print('0.1')");
    expect(await game.text("python3 make.py > a.csv; cat a.csv")).toBe("0.1");
    await game.do("edit 1:1\nimport sys\nprint('0.6')\nend_of_edit");
    await game.do("python3 make.py > a.csv");
    const validated = await game.do("validate");
    expect(validated.observation.text).toContain("Score (accuracy, higher is better): 0.8\n");
    expect(validated.info.validation?.remaining).toBe(9);
    const submitted = await game.do("submit");
    expect(submitted.ending).toEqual({ kind: "submitted" });
    expect(await game.env.submission(never)).toEqual({ id: validated.info.validation?.submission });
  });

  it("keeps the directory and the variables, and opens files from there", async () => {
    await using game = await play({ "src/a.py": "x\n" });
    const moved = await game.do("cd src && export WIDTH=3");
    expect(moved.observation).toEqual({
      text: "[no output]",
      state: { openFile: null, firstLine: 1, cwd: "src" },
    });
    expect(await game.text("echo $WIDTH")).toBe("3");
    expect(await game.text("open a.py")).toBe("[src/a.py: 1 line]\n1: x");
    await game.do("create deep/er/b.py");
    await game.do("insert 0\nnew = 1\nend_of_insert");
    expect(await game.text("cat deep/er/b.py")).toBe("new = 1");
    expect(await game.text("search_dir new")).toContain("src/deep/er/b.py (1 match)\n  1: new = 1");
  });

  it("writes several lines by a here-document", async () => {
    await using game = await play({});
    expect(await game.text("cat > notes.md <<'EOF'\n# Plan\n\n  open $HOME\nEOF")).toBe("[no output]");
    expect(await game.text("open notes.md")).toBe("[notes.md: 3 lines]\n1: # Plan\n2:\n3:   open $HOME");
  });

  it("words failures, time-outs and a lost shell", async () => {
    await using game = await play({}, { actionSeconds: 1 });
    const failed = await game.do("echo oh >&2; (exit 3)");
    expect([failed.observation.text, failed.info.exitCode, failed.info.ok]).toEqual([
      "oh\n[exit code 3]",
      3,
      false,
    ]);
    const late = await game.do("echo begun; sleep 30");
    expect(late.info.timedOut).toBe(true);
    expect(late.observation.text).toContain(
      "begun\n[ended after 1 seconds, the longest that one command may run]",
    );
    expect(await game.text("exit 4")).toContain("[the shell was lost and a new one has taken its place:");
    expect(await game.text("echo on")).toBe("on");
    expect(await game.text("cd . && edit 3")).toContain("[`edit` is a tool, not a program of the shell:");
  });

  it("bounds a flood, cut once, with every byte accounted for", async () => {
    await using game = await play({}, { observationBytes: 1_024 });
    const text = await game.text("printf 'é%.0s' $(seq 1 50000); echo; echo end");
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_024);
    const [, head = "", left = "", tail = ""] =
      /^(.*)\n\[\.\.\. (\d+) bytes left out \.\.\.\]\n(.*)$/s.exec(text) ?? [];
    expect(tail.endsWith("é\nend")).toBe(true);
    expect(Buffer.byteLength(head) + Number(left) + Buffer.byteLength(tail)).toBe(100_000 + 1 + 3);
  });

  it("refuses what the editor cannot take, in words, and goes on", async () => {
    await using game = await play({ "long.txt": numbered(3) });
    await game.do("printf 'a\\0b' > bin; ln -s long.txt link; mkfifo pipe; head -c 2000001 /dev/zero > huge");
    expect(await game.text("open bin")).toContain("is a binary file");
    expect(await game.text("open pipe")).toContain("is not a regular file");
    expect(await game.text("open huge")).toContain("is larger than the 2000000 bytes");
    expect(await game.text("open .")).toContain("is a folder");
    expect(await game.text(`open ${"x".repeat(5_000)}`)).toContain("There is no file");
    expect(await game.text("create /proc/none")).toContain("`/proc/none`");
    expect(await game.text("search_dir line")).toContain(
      '"line" in the working folder: 3 matches in 1 file.',
    );
  });
});

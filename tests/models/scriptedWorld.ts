// A pretended world for the scripted researcher: real agent, environment and tools over files in memory, with a shell that
// knows just the commands the researcher uses. Programs are not run: their scores are drawn from their text.
import { fileURLToPath } from "node:url";
import { loadAgentParts } from "../../src/agent/agentParts.ts";
import { createAgent } from "../../src/agent/scaffolds.ts";
import type { Evaluator } from "../../src/core/evaluation.ts";
import { hashOf, seedOf } from "../../src/core/hash.ts";
import { DEFAULT_LIMITS, type RolloutLimits } from "../../src/core/limits.ts";
import type { ExecResult, Sandbox } from "../../src/core/sandbox.ts";
import type { Task } from "../../src/core/task.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { createEnv } from "../../src/env/env.ts";
import { SCRIPTED_ID, SCRIPTED_REVISION, scriptedResearcher } from "../../src/models/scripted/researcher.ts";
import { playRollout } from "../../src/rollout/rollout.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { toolset } from "../../src/tools/toolset.ts";
import { memoryBlobs, memorySandbox } from "../tools/memorySandbox.ts";
import { fakeClock, memoryLog } from "./fakeWorld.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const parts = await loadAgentParts({ scaffold: "fenced", history: "appendOnly" });

export const SHIPPED = ["3-sat", "battle-of-sexes", "colonel-blotto", "prisoners-dilemma"] as const;
export const LIMITS: RolloutLimits = { ...DEFAULT_LIMITS, steps: 24, tokens: 120_000, validations: 5 };

/** A shipped task as agents see it. */
export const shippedTask = (id: string) => loadTask(at("tasks"), id, LIMITS);

/** A score drawn from a text, for programs that are not run. */
function drawnScore(text: string): number {
  return (seedOf("pretended score", text) % 10_000) / 5_000;
}

/** The last lines of the traceback of a damaged program; null for a sound one. */
function traceback(program: string): readonly string[] | null {
  const head = ["Traceback (most recent call last):", '  File "/work/strategy.py", line 9, in play'];
  const opened = program.split("(").length;
  if (/^def .*\)$/m.test(program)) return [...head, "SyntaxError: expected ':'"];
  if (opened !== program.split(")").length) return [...head, "SyntaxError: '(' was never closed"];
  if (program.includes("random.") && !/^import random$/m.test(program))
    return [...head, "NameError: name 'random' is not defined"];
  const unknown = /\b(?:histor|conflict|weight)\b(?=\[-1\]|\))/.exec(program)?.[0];
  if (unknown !== undefined && !program.includes(`for ${unknown} in`)) {
    return [...head, `NameError: name '${unknown}' is not defined`];
  }
  return null;
}

interface Shell {
  readonly files: Map<string, Uint8Array>;
  /** Submission files that only a run of the work file makes. */
  readonly made: readonly string[];
  readonly workFile: string;
}

/** What one command prints and how it exits. */
function runLine({ files, made, workFile }: Shell, line: string): { output: string; exitCode: number } {
  const text = (path: string) => {
    const data = files.get(path);
    return data === undefined ? null : Buffer.from(data).toString();
  };
  const missing = (path: string) => ({ output: `cat: ${path}: No such file or directory`, exitCode: 1 });
  const ran = (program: string, says: string) => {
    const error = traceback(program);
    const tail = line.includes("| tail");
    if (error === null) return { output: says, exitCode: 0 };
    return { output: (tail ? error.slice(-2) : error).join("\n"), exitCode: tail ? 0 : 1 };
  };
  const [command = "", first = "", second = ""] = line.split(" ");
  if (line === "ls") return { output: [...files.keys()].sort().join("\n"), exitCode: 0 };
  if (command === "cat")
    return text(first) === null ? missing(first) : { output: text(first) ?? "", exitCode: 0 };
  if (command === "head" && !line.includes(" /data/")) {
    const path = line.split(" ").at(-1) ?? "";
    const head = text(path)?.split("\n").slice(0, 4).join("\n");
    return head === undefined ? missing(path) : { output: head, exitCode: 0 };
  }
  if (command === "cp") {
    const data = files.get(first);
    if (data === undefined) return missing(first);
    files.set(second, data);
    return { output: "", exitCode: 0 };
  }
  const sed = /^sed -i '(\d*)s\/(.*)\/(.*)\/' (\S+)$/.exec(line);
  if (sed !== null) {
    const [, number = "", pattern = "", replacement = "", path = ""] = sed;
    const rows = (text(path) ?? "").split("\n");
    const named = /^\^(\w+) = \.\*$/.exec(pattern)?.[1];
    // Of basic regular expressions only what the researcher uses: a named constant's line, or a text with its marks escaped.
    const literal = pattern.replaceAll(/\\(.)/g, "$1");
    const changed = rows.map((row, index) => {
      if (named !== undefined) return row.startsWith(`${named} = `) ? replacement : row;
      return Number(number) === index + 1
        ? row.replace(literal, () => replacement.replaceAll("\\", ""))
        : row;
    });
    files.set(path, Buffer.from(changed.join("\n")));
    return { output: "", exitCode: 0 };
  }
  if (["simulate.py", "train.py", workFile].some((path) => line.startsWith(`python3 ${path}`))) {
    const program = text(workFile) ?? "";
    if (traceback(program) === null) {
      for (const path of made) files.set(path, Buffer.from(`made by ${hashOf("program", program)}`));
    }
    return ran(program, `games 100, mean result ${drawnScore(program).toFixed(4)}`);
  }
  if (line.startsWith("python3 -B explore.py")) {
    const script = text("explore.py") ?? "";
    const start = /^START = (\[.*\])$/m.exec(script)?.[1] ?? "[]";
    return ran(script, `start 0.1000\nbest 0.2000 with ${start.replace(/[\d.]+/, "0.5")}`);
  }
  if (/^(?:python3 -B -|for file in|(?:head|tail) -[cn] \d+ \/data\/)/.test(line)) {
    return { output: "a case of many\n".repeat(900), exitCode: 0 };
  }
  return { output: `bash: ${command}: command not found`, exitCode: 127 };
}

/** A sandbox in memory whose shell pretends. A command it does not know exits with 127. */
export function pretendedSandbox(task: Task, workFile: string): Sandbox {
  const memory = memorySandbox(Object.fromEntries(task.workspace.map(({ path, data }) => [path, data])));
  const made = task.definition.submission.map(({ path }) => path).filter((path) => !memory.files.has(path));
  const shell: Sandbox["shell"] = async (_actionId, command) => {
    const written = /^cat > (\S+) <<'EOF'\n([\s\S]*?)^EOF\n?/m.exec(command);
    const output: string[] = [];
    let exitCode = 0;
    if (written !== null) memory.files.set(written[1] ?? "", Buffer.from(written[2] ?? ""));
    const rest = written === null ? command : command.slice(written[0].length);
    if (rest !== "") {
      const lines = rest.split("\n");
      // Several lines are one program for Python, or commands that change a file.
      const commands = lines.every((line) => line.startsWith("sed -i ")) ? lines : lines.slice(0, 1);
      for (const line of commands) {
        const result = runLine({ files: memory.files, made, workFile }, line);
        output.push(result.output);
        exitCode = result.exitCode;
      }
    }
    const text = output.join("\n");
    const plain: ExecResult = {
      exitCode,
      signal: null,
      timedOut: false,
      oomKilled: false,
      durationMs: 1,
      cpuMs: 1,
      output: text,
      outputBytes: text.length,
      truncated: false,
      cwd: ".",
      shellRestarted: false,
    };
    return plain;
  };
  return { ...memory, shell };
}

/** Scores a submission by the text of its files; a damaged program is invalid. */
function pretendedEvaluator(blobs: ReturnType<typeof memoryBlobs>): Evaluator {
  return {
    async evaluate(task, submission, phase, seeds) {
      const texts = [...blobs.stored.values()].map((data) => Buffer.from(data).toString());
      const manifest = Buffer.from(await blobs.get(submission)).toString();
      const program = texts.find((text) => manifest.includes(`"sha256":"${sha(blobs, text)}"`)) ?? "";
      const error = traceback(program);
      const common = { key: "k", submission, judgeHash: task.judgeHash, phase, cpuMs: 0, wallMs: 0 };
      return seeds.map((seed) =>
        error === null
          ? { kind: "scored" as const, ...common, seed, score: drawnScore(program), metrics: {} }
          : { kind: "invalid" as const, ...common, seed, reason: `it raised ${error.at(-1)}` },
      );
    },
  };
}

function sha(blobs: ReturnType<typeof memoryBlobs>, text: string): string {
  return [...blobs.stored].find(([, data]) => Buffer.from(data).toString() === text)?.[0] ?? "";
}

export interface Pretended {
  readonly task: Task;
  readonly workFile: string;
  readonly seedIndex: number;
  readonly limits?: Partial<RolloutLimits>;
  /** In place of the pretended sandbox. */
  readonly sandbox?: Sandbox;
}

/** The seed that a pretended rollout samples with. */
export function pretendedSeed({ task, seedIndex }: Pick<Pretended, "task" | "seedIndex">): number {
  return seedOf("pretended rollout", { task: task.id, seedIndex });
}

/** Plays one rollout of the scripted researcher in the pretended world. */
export async function playPretended(of: Pretended): Promise<Trajectory> {
  const { task, seedIndex } = of;
  const limits = { ...LIMITS, ...of.limits };
  const blobs = memoryBlobs();
  const clock = fakeClock();
  const agent = createAgent({ name: "researcher", scaffold: "fenced", history: "appendOnly" }, parts, {
    model: scriptedResearcher({ clock }),
    tools: toolset,
    task,
    limits,
    sampling: {},
    seed: pretendedSeed(of),
    stickyKey: "s",
    callIdOf: String,
  });
  const sandbox = of.sandbox ?? pretendedSandbox(task, of.workFile);
  const env = createEnv({
    task,
    sandbox,
    evaluator: pretendedEvaluator(blobs),
    blobs,
    tools: toolset,
    limits,
    validationSeeds: [0],
    // The environment's deadline sleeps for ever: nothing here takes time.
    clock: {
      ...clock,
      sleep: (_ms, signal) =>
        new Promise((_, stop) => signal?.addEventListener("abort", () => stop(signal.reason))),
    },
    log: memoryLog(),
  });
  return playRollout(
    {
      key: hashOf("pretended", { task: task.id, seedIndex }),
      retry: 0,
      cell: {
        taskId: task.id,
        playHash: task.playHash,
        agent: { name: "researcher", scaffold: "fenced", history: "appendOnly" },
        model: { id: SCRIPTED_ID, revision: SCRIPTED_REVISION },
        sampling: {},
        limits,
      },
      seedIndex,
      origin: null,
      task,
    },
    {
      agent,
      provider: "scripted",
      open: async () => ({
        env,
        place: { sandbox: sandbox.handle, capabilities: sandbox.capabilities, imageDigest: "" },
      }),
      log: { append: async () => {} },
      clock,
    },
    new AbortController().signal,
  );
}

// What it costs to lose nothing: steps arrive at a fixed rate, each with a call written down, a reply and an observation made durable in
// turn as in a run, beside the same steps with the journal off, half and half in one process. A plain writer that appends the same
// bytes with one fdatasync a record is the rival. Each step also costs what an orchestrator does for it besides (HTTP, prompts, sandboxes),
// as plain computing.
// Usage: node scripts/bench/durability.ts [steps a second=200] [KB a step=20] [seconds=20] [ms of other work a step=2].
// Last line: one JSON object. Latencies in milliseconds, CPU of the whole process (threads that sync included).
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { StepsLog } from "../../src/core/journal.ts";
import type { Ledger } from "../../src/core/ledger.ts";
import { prng } from "../../src/core/prng.ts";
import type { StepsLogRecord } from "../../src/core/trajectory.ts";
import { openLedger } from "../../src/store/ledger.ts";
import { encodeLine } from "../../src/store/lines.ts";
import { openStepsLog } from "../../src/store/stepsLog.ts";

const [stepsPerSecond = 200, kilobytes = 20, seconds = 20, workMs = 2] = process.argv.slice(2).map(Number);
/** Rollouts that the steps belong to; each is at its own step. */
const ROLLOUTS = 400;
const REPLY_SHARE = 0.4;

const words = [
  "loss",
  "epoch",
  "0.3141",
  "return",
  "self.model(x)",
  "\n",
  "    ",
  '"accuracy"',
  "é",
  "for i in range(10):",
];

/** Text of so many bytes, about, that compresses and escapes as code and logs do. */
function textOf(bytes: number, random: () => number): string {
  const parts: string[] = [];
  for (let length = 0; length < bytes; ) {
    const word = words[Math.floor(random() * words.length)] ?? "";
    parts.push(word);
    length += word.length + 1;
  }
  return parts.join(" ");
}

const random = prng(7);
const TEXTS = Array.from({ length: 32 }, () => ({
  // The verbatim reply holds the text once more.
  reply: textOf((kilobytes * 1024 * REPLY_SHARE) / 2, () => random.next()),
  observation: textOf(kilobytes * 1024 * (1 - REPLY_SHARE), () => random.next()),
}));

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

interface Records {
  readonly key: string;
  readonly index: number;
  readonly reply: StepsLogRecord;
  readonly observation: StepsLogRecord;
}

function recordsOf(number: number): Records {
  const key = sha256(String(number % ROLLOUTS));
  const index = Math.floor(number / ROLLOUTS);
  const { reply, observation } = TEXTS[number % TEXTS.length] ?? { reply: "", observation: "" };
  const action = {
    tool: "shell",
    arguments: { command: "python3 train.py" },
    text: "python3 train.py",
    callId: null,
  };
  return {
    key,
    index,
    reply: {
      kind: "reply-received",
      key,
      retry: 0,
      standIns: [],
      message: {
        index: index * 2 + 2,
        kind: "reply",
        step: index,
        derivedFrom: null,
        sha256: sha256(key),
        message: { role: "assistant", content: reply, reasoning: [], toolCalls: [] },
      },
      step: {
        index,
        startedAtMs: 1,
        prompt: [[0, index * 2 + 2]],
        promptSha256: sha256(key),
        response: index * 2 + 2,
        reply: {
          finish: "stop",
          usage: { input: 12_000, cacheRead: 11_000, cacheWrite: 0, output: 900, reasoning: 0 },
          tokens: null,
          servedModel: "bench",
          requestId: `request-${number}`,
          policyVersion: null,
          latencyMs: 1_000,
          throttledMs: 0,
          providerCostUsd: null,
          costUsd: 0.01,
          endpoint: "http://127.0.0.1:1/v1",
          requestSha256: sha256(key),
          verbatim: JSON.stringify({ choices: [{ message: { content: reply } }] }),
        },
        actions: [{ ...action, error: null, result: null }],
        formatError: null,
        complaint: null,
      },
    },
    observation: {
      kind: "observation-made",
      key,
      retry: 0,
      index,
      action: 0,
      result: {
        message: index * 2 + 3,
        ok: true,
        exitCode: 0,
        timedOut: false,
        oomKilled: false,
        durationMs: 12,
        cpuMs: 10,
        validation: null,
        state: { openFile: null, firstLine: 1, cwd: "/workspace" },
      },
      message: {
        index: index * 2 + 3,
        kind: "observation",
        step: index,
        derivedFrom: null,
        sha256: sha256(key),
        message: { role: "user", content: observation },
      },
    },
  };
}

let computed = 0;

function compute(rounds: number): void {
  for (let round = 0; round < rounds; round++) computed = (computed * 31 + round) | 0;
}

/** Rounds of computing that take a millisecond here: a fixed amount of work, whatever else the machine does. */
function roundsPerMs(): number {
  const rounds = 20_000_000;
  compute(rounds);
  const before = process.cpuUsage();
  compute(rounds);
  const { user } = process.cpuUsage(before);
  return rounds / (user / 1000);
}

const work = workMs * roundsPerMs();

interface Journal {
  readonly ledger: Pick<Ledger, "append">;
  readonly log: Pick<StepsLog, "append">;
}
const OFF: Journal = { ledger: { append: async () => {} }, log: { append: async () => {} } };

/** Plays the steps at their rate, open loop: a slow journal does not slow down what arrives. */
async function play({ ledger, log }: Journal) {
  const waits: number[] = [];
  const underWay = new Set<Promise<void>>();
  const lag = monitorEventLoopDelay({ resolution: 1 });
  lag.enable();
  const count = stepsPerSecond * seconds;
  const cpuBefore = process.cpuUsage();
  const begunAt = performance.now();
  const step = async (number: number) => {
    const { key, index, reply, observation } = recordsOf(number);
    compute(work);
    const at = performance.now();
    await ledger.append({
      kind: "call-started",
      atMs: 1,
      call: `${key}/0/${index}`,
      reservedUsd: 0.1,
      reservedTokens: 40_000,
    });
    await log.append(reply);
    await log.append(observation);
    waits.push(performance.now() - at);
  };
  for (let number = 0; number < count; number++) {
    const due = begunAt + (number * 1000) / stepsPerSecond;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    const done: Promise<void> = step(number).finally(() => underWay.delete(done));
    underWay.add(done);
  }
  await Promise.all(underWay);
  const elapsed = (performance.now() - begunAt) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  lag.disable();
  waits.sort((a, b) => a - b);
  const at = (share: number) =>
    round(waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0);
  return {
    steps: count,
    stepsPerSecond: round(count / elapsed),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    mostMs: at(1),
    cpuMsPerStep: (cpu.user + cpu.system) / 1000 / count,
    loopLagP99Ms: round(lag.percentile(99) / 1e6),
  };
}

/** The rival: one append and one fdatasync a record, as a script would write it. */
async function plainJournal(folder: string) {
  const file = await open(path.join(folder, "plain.jsonl"), "a");
  const append = async (value: unknown) => {
    await file.write(encodeLine(value));
    await file.datasync();
  };
  return { journal: { ledger: { append }, log: { append } }, close: () => file.close() };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

// Among the runs of the checkout, which git ignores: a memory file system would make every sync free.
const output = fileURLToPath(new URL("../../output", import.meta.url));
await mkdir(output, { recursive: true });
const folder = await mkdtemp(path.join(output, "bench-"));
try {
  await play(OFF);
  const before = await play(OFF);
  const opened = await openLedger(path.join(folder, "ledger.jsonl"));
  const log = await openStepsLog(path.join(folder, "steps"), () => true);
  const on = await play({ ledger: opened.ledger, log });
  await opened.close();
  await log.close();
  const after = await play(OFF);
  const plain = await plainJournal(folder);
  const rival = await play(plain.journal);
  await plain.close();
  const off = (before.cpuMsPerStep + after.cpuMsPerStep) / 2;
  const rows = {
    "journal off": before,
    "journal on": on,
    "journal off again": after,
    "one sync a record": rival,
  };
  console.table(rows);
  console.log(
    JSON.stringify({
      stepsPerSecond,
      kilobytesPerStep: kilobytes,
      seconds,
      otherWorkMsPerStep: workMs,
      addedP50Ms: round(on.p50Ms - before.p50Ms),
      addedP99Ms: round(on.p99Ms - before.p99Ms),
      addedCpuMsPerStep: round(on.cpuMsPerStep - off),
      rivalP99Ms: rival.p99Ms,
      rivalCpuMsPerStep: round(rival.cpuMsPerStep - off),
    }),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

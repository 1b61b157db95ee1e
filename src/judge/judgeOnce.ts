// Judges one submission with one seed in rooms that are open already: a fresh judge, a fresh harness, and a relay.
import { randomUUID } from "node:crypto";
import { BoundaryError, within } from "../core/errors.ts";
import type { Phase, Usage } from "../core/evaluation.ts";
import type { ByteStream, Sandbox, SpawnExit } from "../core/sandbox.ts";
import type { Task } from "../core/task.ts";
import { pump } from "./pump.ts";
import type { Rooms } from "./rooms.ts";
import { type VerdictFile, verdictFileSchema } from "./verdict.ts";

/** Time the judge has beyond its own deadline to write that nothing came. */
export const GRACE_MS = 15_000;
/** The judge bounds every single frame of the submission's; this bounds them together. */
const ANSWERS_BYTES_MAX = 2 ** 31;
/** What a judge may send: observations for every step of every episode. */
const QUESTIONS_BYTES_MAX = 2 ** 33;
const VERDICT_BYTES_MAX = 65_536;
const STDERR_BYTES_MAX = 8_192;
/** Of each second of the limit. */
const CPU_LIMIT_REACHED_MS = 700;
const ERROR_CHARS_MAX = 400;
// Without site-packages, unless the task asks for them: what is judged may rest on the standard library only, whatever the image has.
const PYTHON = ["python3", "-s", "-S", "-B"];
const PYTHON_WITH_PACKAGES = ["python3", "-s", "-B"];
/** Where a judge leaves the digests of the cases that it scored. */
export const CASES_FILE = "cases";
const HARNESS = "harness/harness.py";
const ENV = {
  PYTHONHASHSEED: "0",
  OMP_NUM_THREADS: "1",
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  LC_ALL: "C.UTF-8",
};

export type SeedVerdict =
  | {
      readonly kind: "scored";
      readonly score: number;
      readonly metrics: VerdictMetrics;
      readonly cpuMs: number;
      readonly usage: Usage;
    }
  | { readonly kind: "invalid"; readonly reason: string; readonly cpuMs: number; readonly usage?: Usage }
  /** The submission's room is gone and the judge's is not: an accident, or the submission's doing. */
  | { readonly kind: "roomLost" };
type VerdictMetrics = Extract<VerdictFile, { kind: "scored" }>["metrics"];

/**
 * `fresh` says that no submission has run in these rooms yet; else its room is laid out anew first.
 * Throws BoundaryError("judge" | "sandbox") when no verdict could be had, and the signal's reason when it is aborted.
 */
export async function judgeOnce(
  task: Task,
  rooms: Rooms,
  phase: Phase,
  seed: number,
  signal: AbortSignal,
): Promise<SeedVerdict> {
  signal.throwIfAborted();
  const { judge: settings, submission: declared } = task.definition;
  const setup = {
    phase,
    seed,
    deadlineSeconds: settings.timeoutSeconds,
    path: declared[0]?.path ?? "",
    verdict: `verdict-${phase}-${seed}.json`,
    cases: CASES_FILE,
    nonce: randomUUID(),
  };
  const limits = {
    env: ENV,
    timeoutMs: settings.timeoutSeconds * 1000 + GRACE_MS,
    stderrBytesMax: STDERR_BYTES_MAX,
  };
  const running: ByteStream[] = [];
  const stop = () => Promise.all(running.map((process) => process.kill().catch(() => undefined)));
  const python = settings.packages === true ? PYTHON_WITH_PACKAGES : PYTHON;
  const start = async (room: Sandbox, script: string, cpuSecondsMax: number) => {
    const process = await room.spawn([...python, script], { ...limits, cpuSecondsMax });
    running.push(process);
    // An abort that came while it started has not seen it.
    signal.throwIfAborted();
    return process;
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    const judge = await within("sandbox", `starting the judge of ${task.id}`, async () => {
      const process = await start(rooms.judge, "judge.py", Math.ceil(settings.timeoutSeconds));
      // A judge that has ended already takes nothing more: how it ended is told by its exit.
      await process.write(frame(setup)).catch(() => undefined);
      return process;
    });
    const { submission: room } = rooms;
    const submission =
      room &&
      (await within("sandbox", "starting the harness", () => start(room, HARNESS, settings.cpuSecondsMax)));
    const relay = submission ? joined(judge, submission) : drained(judge);
    // Where something below throws first, the rooms go, and with them the relay: nobody hears of that any more.
    relay.catch(() => {});
    const exit = await within("sandbox", `waiting for the judge of ${task.id}`, () => judge.exit);
    const end = submission && (await endOf(submission));
    const flooded = await relay;
    signal.throwIfAborted();
    const verdict = await readVerdict(task, rooms.judge, exit, setup);
    if (end === "lost") return await lostRoom(rooms);
    const cost = { cpuMs: end?.cpuMs ?? 0, usage: usageOf(exit, end) };
    if (verdict.kind === "scored") return capped(verdict, cost, settings.cpuMsPerCallMax);
    const isGone = verdict.cause !== "answer" && rooms.submission && !(await answers(rooms.submission));
    if (isGone) return await lostRoom(rooms);
    const how = flooded ? "its answers are too many bytes" : endingText(verdict, end, settings.cpuSecondsMax);
    return { kind: "invalid", reason: how, ...cost };
  } finally {
    signal.removeEventListener("abort", stop);
    await stop();
  }
}

/** A score stands only if it was come by within the CPU time that its calls may take. The reason names no measured time. */
function capped(
  { score, metrics, calls }: Extract<VerdictFile, { kind: "scored" }>,
  cost: { readonly cpuMs: number; readonly usage: Usage },
  cpuMsPerCallMax: number | null,
): SeedVerdict {
  if (cpuMsPerCallMax === null || cost.cpuMs <= cpuMsPerCallMax * calls)
    return { kind: "scored", score, metrics, ...cost };
  const reason = `it takes more than ${cpuMsPerCallMax} ms of CPU time a call on average`;
  return { kind: "invalid", reason, ...cost };
}

function usageOf(judge: SpawnExit, submission: SpawnExit | null): Usage {
  return {
    memoryMb: submission?.memoryMb ?? 0,
    judgeMemoryMb: judge.memoryMb,
    cpuFromCgroup: (submission ?? judge).cpuFromCgroup,
    throttledCount: submission?.throttled?.count ?? null,
    throttledMs: submission?.throttled?.ms ?? null,
  };
}

/** Relays both ways until the judge has ended; true when the submission sent more than it may. */
async function joined(judge: ByteStream, submission: ByteStream): Promise<boolean> {
  const [, fromSubmission] = await Promise.allSettled([
    pump(judge, submission, QUESTIONS_BYTES_MAX),
    pump(submission, judge, ANSWERS_BYTES_MAX),
  ]);
  return fromSubmission.status === "fulfilled" && fromSubmission.value === "flooded";
}

async function drained(judge: ByteStream): Promise<boolean> {
  try {
    for await (const _ of judge.output) {
      // A judge of data has nobody to talk to.
    }
  } catch {
    // How it ended is told by its exit.
  }
  return false;
}

/** Ends the harness, which has nothing more to say once the judge has gone. */
async function endOf(submission: ByteStream): Promise<SpawnExit | "lost"> {
  try {
    await submission.kill();
    return await submission.exit;
  } catch {
    return "lost";
  }
}

async function readVerdict(
  task: Task,
  room: Sandbox,
  exit: SpawnExit,
  setup: { readonly verdict: string; readonly nonce: string },
): Promise<VerdictFile> {
  if (exit.timedOut) throw new BoundaryError("judge", `the judge of ${task.id} did not end in time`);
  if (exit.exitCode !== 0) {
    const said = exit.stderr.trim().slice(-ERROR_CHARS_MAX);
    throw new BoundaryError(
      "judge",
      `the judge of ${task.id} failed (${exit.signal ?? exit.exitCode}): ${said}`,
    );
  }
  return within("judge", `reading the verdict of ${task.id}`, async () => {
    const text = new TextDecoder().decode(await room.read(setup.verdict, VERDICT_BYTES_MAX));
    const verdict = verdictFileSchema.parse(JSON.parse(text));
    if (verdict.nonce !== setup.nonce) throw new Error("it was not written by this judge");
    return verdict;
  });
}

/** Where both rooms are gone it was no submission that did it. */
async function lostRoom(rooms: Rooms): Promise<SeedVerdict> {
  if (await answers(rooms.judge)) return { kind: "roomLost" };
  throw new BoundaryError("sandbox", "both rooms of an evaluation are gone", { transient: true });
}

async function answers(room: Sandbox): Promise<boolean> {
  return room.probe().catch(() => false);
}

function endingText(
  { cause, reason }: Extract<VerdictFile, { kind: "invalid" }>,
  end: SpawnExit | null,
  cpuSecondsMax: number,
): string {
  if (cause !== "ended" || end === null) return reason;
  // Kernels count time for the limit in coarse ticks: what was measured when the limit struck can be well below it.
  if (end.cpuMs >= cpuSecondsMax * CPU_LIMIT_REACHED_MS) {
    return `it used more than ${cpuSecondsMax} s of CPU time`;
  }
  const how = end.signal === null ? `ended with exit code ${end.exitCode}` : `was ended by ${end.signal}`;
  return `its process ${how} before the judge was done`;
}

function frame(message: unknown): Uint8Array {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.byteLength);
  return Buffer.concat([head, body]);
}

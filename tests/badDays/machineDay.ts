// What the bad days of a machine share: a small run against the LLM double that counts what it sold, started through the command line, looked
// at from outside while it plays, and resumed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { assertBooksClose, keepBooks } from "../../src/core/books.ts";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import { fold } from "../../src/core/runState.ts";
import { readLedger } from "../../src/store/ledger.ts";
import { REPOSITORY } from "../cli/nightshift.ts";

const WAIT_MS_MAX = 100_000;
const POLL_MS = 20;
/** Of what a command prints. */
const OUTPUT_CHARACTERS_MAX = 1_000_000;

/** A folder of the test's own, gone with it. */
export async function dayFolder(name: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), `nightshift-${name}-`));
  return {
    path: folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** A small pipeline against a double. */
export function dayPipeline(
  baseUrl: string,
  options: { backend?: string; perCell?: number; rollouts?: number; more?: string } = {},
): string {
  const { backend = "process, unsafe: true", perCell = 4, rollouts = 4, more = "" } = options;
  return `name: bad-day
cells:
  tasks: [battle-of-sexes]
  models: [{ name: double, wire: openai, model: bench, baseUrls: ["${baseUrl}"], price: { inputPerMillion: 1, outputPerMillion: 4 } }]
rollouts: { perCell: ${perCell} }
limits: { steps: 20, actionSeconds: 60 }
sandbox: { backend: ${backend} }
concurrency: { rollouts: ${rollouts}, evaluations: 1 }
stages: { evaluate: { seeds: 1 }, filter: { outcomes: [submitted] } }
tripwires: { failedRollouts: null, deadSandboxes: null }
${more}`;
}

export interface Session {
  readonly child: ChildProcess;
  /** Exit code and what it printed, once it has ended. */
  readonly ended: Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;
}

/** Starts a command. `shell` comes before it in a shell, such as `ulimit -n 300`; `env` is laid over the test's own. */
export function startCommand(
  args: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string>>; shell?: string },
): Session {
  const words = [process.execPath, path.join(REPOSITORY, "bin/nightshift.js"), ...args];
  const [program = "", ...rest] =
    options.shell === undefined ? words : ["bash", "-c", `${options.shell}; exec "$@"`, "bash", ...words];
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      printed[name] = (printed[name] + text).slice(-OUTPUT_CHARACTERS_MAX);
    });
  }
  const ended = once(child, "close").then(([code]) => ({
    ...printed,
    exitCode: typeof code === "number" ? code : -1,
  }));
  return { child, ended };
}

/** Starts a run of a pipeline's text in `cwd`/`name`. */
export async function startRun(
  cwd: string,
  name: string,
  text: string,
  options: { env?: Readonly<Record<string, string>>; shell?: string } = {},
): Promise<Session & { readonly directory: string }> {
  await writeFile(path.join(cwd, `${name}.yaml`), text);
  const directory = path.join(cwd, name);
  return {
    directory,
    ...startCommand(["run", `${name}.yaml`, "--out", directory], { cwd, ...options }),
  };
}

/** Waits until the run's ledger holds so many model calls. */
export async function untilCalls(directory: string, count: number): Promise<void> {
  await until(() => callCount(directory) >= count, `${count} model calls in ${directory}`);
}

/** Waits until the condition holds; fails in words where it never does. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let waited = 0; waited < WAIT_MS_MAX; waited += POLL_MS) {
    if (await holds()) return;
    await sleep(POLL_MS);
  }
  throw new Error(`waited in vain for ${what}`);
}

function callCount(directory: string): number {
  const file = path.join(directory, "ledger.jsonl");
  return existsSync(file) ? readFileSync(file, "utf8").split('"call-started"').length - 1 : 0;
}

/** The run's ledger: read whole, with closed books. */
export async function ledgerOf(directory: string) {
  const { events, tornBytes } = await readLedger(path.join(directory, "ledger.jsonl"));
  const state = fold(events);
  assertBooksClose(keepBooks(state, () => ({ kind: "kept" })));
  const of = <K extends LedgerEvent["kind"]>(kind: K) =>
    events.filter((event): event is Extract<LedgerEvent, { kind: K }> => event.kind === kind);
  return { events, of, state, tornBytes };
}

/** What was bought, held against what was sold: every rollout ended once, no reply twice, none lost but for calls in flight. */
export async function expectNothingBoughtTwice(
  directory: string,
  sold: number,
  outcomes: readonly string[],
): Promise<void> {
  const { of } = await ledgerOf(directory);
  expect(
    of("rollout-ended")
      .map(({ outcome }) => outcome.kind)
      .sort(),
  ).toEqual([...outcomes].sort());
  const recorded = of("rollout-ended").reduce((sum, { facts }) => sum + facts.stepCount, 0);
  const again = of("rollout-retried").reduce((sum, { stepCount }) => sum + stepCount, 0);
  expect(again, "steps that were bought again").toBe(0);
  const lost = of("call-started").length - recorded;
  expect(sold - recorded, "replies that were sold and are not recorded").toBeLessThanOrEqual(lost);
}

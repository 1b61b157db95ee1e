// Runs orchestrator.ts as a child process that can be killed, and looks at the processes of this machine.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type SandboxHandle, sandboxHandleSchema } from "../../src/core/sandbox.ts";
import { clock } from "./ground.ts";

const SCRIPT = fileURLToPath(new URL("./orchestrator.ts", import.meta.url));

export interface OrchestratorOptions {
  readonly backend: "docker" | "bubblewrap" | "process" | "process without namespaces";
  readonly root: string;
  readonly runId: string;
  readonly argv: readonly string[];
  readonly orphanTtlMs?: number;
  /** Runs it as this user. */
  readonly uid?: number;
  /** Of a Docker daemon that is not at the usual socket. */
  readonly connection?: { readonly host: string; readonly port: number };
}

/** Starts it; resolves when its sandbox runs the action. */
export async function startOrchestrator(
  options: OrchestratorOptions,
): Promise<{ readonly child: ChildProcess; readonly handle: SandboxHandle }> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", SCRIPT, JSON.stringify(options)],
    {
      stdio: ["ignore", "pipe", "inherit"],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    },
  );
  if (!child.stdout) throw new Error("no stdout");
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, handle: sandboxHandleSchema.parse(JSON.parse(line)) };
  }
  throw new Error("the orchestrator ended before its sandbox was up");
}

export async function killHard(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

/** Processes of this machine with this text in their command line. */
export function hostProcesses(text: string): number {
  let count = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").includes(text)) count += 1;
    } catch {
      // It ended between the listing and the look.
    }
  }
  return count;
}

/** Waits until the condition holds; the test's own time limit is the end of patience. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await clock.sleep(50);
}

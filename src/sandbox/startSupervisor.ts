// Starts a supervisor as a child process and ends it again. What it complains about at its start is kept for the error.
import { type ChildProcess, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { BoundaryError, errorText } from "../core/errors.ts";
import type { Clock } from "../core/runtime.ts";

const EXIT_PATIENCE_MS = 15_000;
const COMPLAINT_CHARACTERS_MAX = 2048;
/** Where programs that stand in front of the supervisor are looked for; nothing else of our environment goes along. */
const PROGRAM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin";

export interface StartedSupervisor {
  readonly pid: number;
  readonly stream: Duplex;
  /** The error that a failed start should be reported as. */
  explain(error: unknown): unknown;
  /** Waits for its end, which the end of the stream brings about; kills it where it does not come. */
  ended(clock: Clock): Promise<void>;
}

/** Starts the command, which is or becomes a supervisor; its stream is descriptor 3. */
export function startSupervisor(program: string, words: readonly string[]): StartedSupervisor {
  const child = spawn(
    program,
    words,
    // A session of its own: Ctrl-C at the terminal is for the orchestrator, which drains.
    { cwd: "/", env: { PATH: PROGRAM_PATH }, detached: true, stdio: ["ignore", "ignore", "pipe", "pipe"] },
  );
  let complaint = "";
  let refused: Error | null = null;
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT_CHARACTERS_MAX);
  });
  child.on("error", (error) => {
    complaint = errorText(error);
    refused = error;
  });
  // Where no descriptor is free there are no pipes at all, and the reason comes only later.
  const pipes: readonly unknown[] | undefined = child.stdio;
  if (pipes === undefined) {
    const cause = Object.assign(new Error("spawn EMFILE"), { code: "EMFILE" });
    throw new BoundaryError("sandbox", "the supervisor could not be started", { cause, transient: true });
  }
  const stream = pipes[3];
  if (!(stream instanceof Duplex)) throw new BoundaryError("sandbox", "the supervisor has no stream");
  return {
    pid: child.pid ?? 0,
    stream,
    explain: (error) => {
      // A traceback's last line says what, the others where.
      const said = complaint.trim().split("\n").pop() ?? "";
      if (said === "") return error;
      return new BoundaryError("sandbox", `the supervisor did not start: ${said}`, {
        ...(refused === null ? {} : { cause: refused }),
        transient: true,
      });
    },
    ended: (clock) => ended(child, clock),
  };
}

async function ended(child: ChildProcess, clock: Clock): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const patience = new AbortController();
  const exit = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  const late = clock.sleep(EXIT_PATIENCE_MS, patience.signal).then(
    () => {
      child.kill("SIGKILL");
    },
    () => {},
  );
  await exit;
  patience.abort();
  await late;
}

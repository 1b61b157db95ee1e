// Starts one of this folder's programs as a process of its own, speaks with it in lines, and ends it with the test.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

export interface Child {
  readonly pid: number;
  /** Lines that it has printed. */
  readonly lines: readonly string[];
  /** The first line; rejects when it ends without one. */
  firstLine(): Promise<string>;
  /** Ends it as a power cut would and waits until it is gone. */
  kill(): Promise<void>;
}

export function startChild(program: string, ...args: readonly string[]): Child {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, program), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const first = Promise.withResolvers<string>();
  const exited = once(child, "exit");
  if (child.stdout === null || child.pid === undefined) throw new Error(`${program} could not be started`);
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => {
    lines.push(line);
    first.resolve(line);
  });
  const drained = once(output, "close");
  drained.then(() => first.reject(new Error(`${program} ended without a line`)));
  first.promise.catch(() => undefined);
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
    await drained;
  };
  onTestFinished(kill);
  return { pid: child.pid, lines, firstLine: () => first.promise, kill };
}

// What every table of bad input shares: each case runs the real command line and must end with exactly one clear sentence, exit code 2,
// nothing on standard output, and nothing written.
import { type ChildProcess, fork } from "node:child_process";
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { nightshift, type Printed } from "./nightshift.ts";

const HOST = fileURLToPath(new URL("commandHost.ts", import.meta.url));
const printedSchema = z.object({ exitCode: z.number(), stdout: z.string(), stderr: z.string() });

/** Longer is no sentence that anybody reads on a terminal; paths of the test's own folder are long already. */
const SENTENCE_CHARS_MAX = 700;

export interface BadCase {
  readonly what: string;
  readonly args: readonly string[];
  /** What is wrong, where, and what to do. */
  readonly says: RegExp;
  readonly env?: Readonly<Record<string, string>>;
  /** Must not be repeated, not even in part. */
  readonly secret?: string;
}

export interface BadGround {
  readonly cwd: string;
  /** Folders outside `cwd` that must stay as they are, too. */
  readonly alsoUnchanged?: readonly string[];
  /** User who runs the commands, where it is not the tests' own. */
  readonly uid?: number;
}

/**
 * Registers the cases as tests. `ground` is asked once the tests run. Those of another user start the binary, each; the others share
 * one process, since its start is most of their time.
 */
export function refuses(cases: readonly BadCase[], ground: () => BadGround): void {
  let host: ChildProcess | null = null;
  let before: readonly string[] = [];
  beforeAll(async () => {
    before = await everything(ground());
    if (ground().uid === undefined) host = await startHost();
  });
  afterAll(() => host?.kill());

  it.each(cases.map((one) => [one.what, one] as const))(
    "refuses %s",
    { timeout: 300_000 },
    async (_, one) => {
      const { cwd, uid } = ground();
      const { exitCode, stdout, stderr } =
        host === null
          ? await nightshift(one.args, { cwd, env: one.env ?? {}, ...(uid === undefined ? {} : { uid }) })
          : await ask(host, { args: one.args, cwd, env: one.env ?? {} });
      const lines = stderr.trim().split("\n");
      expect({ exitCode, stdout, lines: lines.length }, stderr).toEqual({
        exitCode: 2,
        stdout: "",
        lines: 1,
      });
      expect(stderr).toMatch(one.says);
      expect(stderr).not.toMatch(/\bat .*\.ts:\d+|nightshift broke|\[object|undefined|ZodError/);
      expect(lines[0]?.length).toBeLessThan(SENTENCE_CHARS_MAX);
      if (one.secret !== undefined) expect(stderr).not.toContain(one.secret);
      expect(await everything(ground())).toEqual(before);
    },
  );
}

async function startHost(): Promise<ChildProcess> {
  const host = fork(HOST, [], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  await answerOf(host);
  return host;
}

async function ask(
  host: ChildProcess,
  order: { args: readonly string[]; cwd: string; env: Readonly<Record<string, string>> },
): Promise<Printed> {
  host.send(order);
  return printedSchema.parse(await answerOf(host));
}

function answerOf(host: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the command's process ended with ${code}`));
    host.once("exit", ended);
    host.once("message", (message) => {
      host.off("exit", ended);
      resolve(message);
    });
  });
}

/** Every file with size and time of change, and every folder. */
async function everything({ cwd, alsoUnchanged = [] }: BadGround): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const root of [cwd, ...alsoUnchanged]) {
    for (const name of (await readdir(root, { recursive: true })).sort()) {
      const info = await lstat(path.join(root, name));
      // A folder's own time tells only that something came and went again; what it holds is listed.
      lines.push(`${root} ${name}${info.isDirectory() ? "" : ` ${info.size} ${info.mtimeMs}`}`);
    }
  }
  expect(lines.length).toBeGreaterThan(0);
  return lines;
}

// What every table of bad input shares: each case runs the real command line and must end with exactly one clear sentence, exit code 2,
// nothing on standard output, and nothing written.
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { nightshift } from "./nightshift.ts";

/** The machine has few cores, and each case is a process. */
const CASES_AT_ONCE = 2;
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

/** Registers the cases as tests, two at a time. `ground` is asked once the tests run. */
export function refuses(cases: readonly BadCase[], ground: () => BadGround): void {
  const slots: Promise<unknown>[] = Array.from({ length: CASES_AT_ONCE }, () => Promise.resolve());
  let before: Promise<readonly string[]> | null = null;
  for (const [index, one] of cases.entries()) {
    // Tests start together; each waits for the one before it in its slot.
    it.concurrent(`refuses ${one.what}`, { timeout: 300_000 }, async ({ expect: expectHere }) => {
      const slot = index % CASES_AT_ONCE;
      const { promise, resolve } = Promise.withResolvers<void>();
      const turn = slots[slot];
      slots[slot] = promise;
      await turn;
      try {
        before ??= everything(ground());
        const was = await before;
        const { cwd, uid } = ground();
        const { exitCode, stdout, stderr } = await nightshift(one.args, {
          cwd,
          ...(one.env === undefined ? {} : { env: one.env }),
          ...(uid === undefined ? {} : { uid }),
        });
        const lines = stderr.trim().split("\n");
        expectHere({ exitCode, stdout, lines: lines.length }, stderr).toEqual({
          exitCode: 2,
          stdout: "",
          lines: 1,
        });
        expectHere(stderr).toMatch(one.says);
        expectHere(stderr).not.toMatch(/\bat .*\.ts:\d+|nightshift broke|\[object|undefined|ZodError/);
        expectHere(lines[0]?.length).toBeLessThan(SENTENCE_CHARS_MAX);
        if (one.secret !== undefined) expectHere(stderr).not.toContain(one.secret);
        expectHere(await everything(ground())).toEqual(was);
      } finally {
        resolve();
      }
    });
  }
}

/** Every file and folder with size and time of change. */
async function everything({ cwd, alsoUnchanged = [] }: BadGround): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const root of [cwd, ...alsoUnchanged]) {
    for (const name of (await readdir(root, { recursive: true })).sort()) {
      const { size, mtimeMs } = await lstat(path.join(root, name));
      lines.push(`${root} ${name} ${size} ${mtimeMs}`);
    }
  }
  expect(lines.length).toBeGreaterThan(0);
  return lines;
}

// How the shell tool words the ways in which a command can end.
import { expect, it } from "vitest";
import type { ExecResult } from "../../src/core/sandbox.ts";
import { memorySandbox } from "./memorySandbox.ts";
import { desk } from "./runTool.ts";

async function ran(result: Partial<ExecResult>) {
  return desk(memorySandbox({}, { it: result })).run("it");
}

it("gives the output alone after success, and takes over the directory", async () => {
  const result = await ran({ output: "  a\n\nb\n\n", cwd: "src", cpuMs: 7 });
  expect(result.text).toBe("  a\n\nb");
  expect(result.state.cwd).toBe("src");
  expect([result.ok, result.exitCode, result.cpuMs]).toEqual([true, 0, 7]);
});

it.each<[string, Partial<ExecResult>, string]>([
  ["silence", {}, "[no output]"],
  ["a failure", { exitCode: 2, output: "bad\n" }, "bad\n[exit code 2]"],
  ["a silent failure", { exitCode: 1 }, "[no output]\n[exit code 1]"],
  ["a signal", { exitCode: null, signal: "SIGSEGV" }, "[no output]\n[ended by signal SIGSEGV]"],
  [
    "a time-out",
    { exitCode: null, signal: "SIGKILL", timedOut: true, output: "epoch 1\n" },
    "epoch 1\n[ended after 20 seconds, the longest that one command may run]",
  ],
  [
    "memory",
    { exitCode: null, signal: "SIGKILL", oomKilled: true },
    "[no output]\n[ended by the system: out of memory]",
  ],
  [
    "a lost shell",
    { exitCode: 3, shellRestarted: true },
    "[no output]\n[exit code 3]\n[the shell was lost and a new one has taken its place: " +
      "variables, functions and background jobs of the old one are gone]",
  ],
])("says so after %s", async (_, result, text) => {
  expect((await ran(result)).text).toBe(text);
});

it("is not ok after a failure or a time-out", async () => {
  expect((await ran({ exitCode: 1 })).ok).toBe(false);
  expect((await ran({ exitCode: 0, timedOut: true })).ok).toBe(false);
});

it("passes several lines on as they are", async () => {
  const sandbox = memorySandbox();
  const command = "cat > a.txt <<'EOF'\n  one\n\nopen two\nEOF";
  await desk(sandbox).run(`\n${command}\n`);
  expect(sandbox.shellCalls).toEqual([{ actionId: expect.stringMatching(/^test\/\d+$/), command }]);
});

// `shell`: runs a command in the sandbox's persistent bash and says in words how it ended when that is not plain success.
import { z } from "zod";
import type { ExecResult } from "../core/sandbox.ts";
import type { Tool } from "../core/tool.ts";

const shellArguments = z.strictObject({
  command: z.string().refine((text) => text.trim() !== "", "the command is empty"),
});

export const shellTool: Tool<typeof shellArguments> = {
  name: "shell",
  signature: "shell <command>",
  description:
    "Runs a bash command; the word `shell` may be left out. " +
    "The directory and the variables last from one command to the next.",
  arguments: shellArguments,
  native: {
    description: "Runs a bash command. The directory and the variables last from one call to the next.",
    arguments: { command: "The command; it may have several lines." },
  },
  endMarker: null,
  parseText: (rest) => (rest.trim() === "" ? "`shell` needs a command." : { command: rest }),
  replay: "rerun",
  repeatable: true,
  async run({ command }, { sandbox, actionId, state, actionTimeoutMs, outputBytesMax, signal }) {
    const result = await sandbox.shell(actionId, command, {
      timeoutMs: actionTimeoutMs,
      outputBytesMax,
      signal,
    });
    return {
      kind: "text",
      text: resultText(result, actionTimeoutMs),
      state: { ...state, cwd: result.cwd },
      ok: result.exitCode === 0 && !result.timedOut,
      exitCode: result.exitCode,
      timedOut: result.timedOut,
      oomKilled: result.oomKilled,
      cpuMs: result.cpuMs,
    };
  },
};

function resultText(result: ExecResult, actionTimeoutMs: number): string {
  const output = result.output.replace(/\n+$/, "");
  const notes = [
    ...(output.trim() === "" ? ["[no output]"] : []),
    ...(result.timedOut
      ? [`[ended after ${actionTimeoutMs / 1000} seconds, the longest that one command may run]`]
      : []),
    ...(result.oomKilled ? ["[ended by the system: out of memory]"] : []),
    ...endNotes(result),
    ...(result.shellRestarted
      ? [
          "[the shell was lost and a new one has taken its place: " +
            "variables, functions and background jobs of the old one are gone]",
        ]
      : []),
  ];
  return [...(output.trim() === "" ? [] : [output]), ...notes].join("\n");
}

function endNotes(result: ExecResult): readonly string[] {
  if (result.timedOut) return [];
  if (result.exitCode === null) {
    return result.oomKilled
      ? []
      : [`[ended by ${result.signal === null ? "a signal" : `signal ${result.signal}`}]`];
  }
  return result.exitCode === 0 ? [] : [`[exit code ${result.exitCode}]`];
}

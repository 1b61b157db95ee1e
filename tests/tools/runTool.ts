// Runs commands against a sandbox as an agent writes them, keeping the editor's state between them.
import type { Sandbox } from "../../src/core/sandbox.ts";
import type { EditorState, Tool, ToolResult } from "../../src/core/tool.ts";
import { parseCommand } from "../../src/tools/parseCommand.ts";
import { toolset } from "../../src/tools/toolset.ts";

export type Said = Extract<ToolResult, { kind: "text" }>;

export interface Desk {
  /** Runs one command; throws when it cannot be parsed or is a signal. */
  run(command: string): Promise<Said>;
  state(): EditorState;
}

/** A sandbox answers a known action id with its first result: each action has an id of its own. */
let count = 0;

export function desk(
  sandbox: Sandbox,
  from: Partial<EditorState> = {},
  tools: readonly Tool[] = toolset,
): Desk {
  let state: EditorState = { openFile: null, firstLine: 1, cwd: ".", ...from };
  return {
    state: () => state,
    async run(command) {
      const parsed = parseCommand(tools, command);
      if (typeof parsed === "string") throw new Error(parsed);
      const tool = tools.find(({ name }) => name === parsed.tool);
      if (tool === undefined) throw new Error(`no tool ${parsed.tool}`);
      const result = await tool.run(parsed.arguments, {
        sandbox,
        actionId: `test/${count++}`,
        state,
        actionTimeoutMs: 20_000,
        outputBytesMax: 4_096,
        signal: new AbortController().signal,
      });
      if (result.kind !== "text") throw new Error(`${result.kind} is a signal`);
      state = result.state;
      return result;
    },
  };
}

/** `count` lines, each `<prefix> <number>`. */
export function numbered(count: number, prefix = "line"): string {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}\n`).join("");
}

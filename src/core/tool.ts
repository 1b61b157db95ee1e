// What an agent can use. A tool is one file: schema, doc, run. It acts in a sandbox and never sees a task or a score.
import type { z } from "zod";
import type { ToolHost } from "./host.ts";
import type { Sandbox } from "./sandbox.ts";

/** The editor's memory between actions: plain data, recorded with each observation. */
export interface EditorState {
  readonly openFile: string | null;
  /** First line shown, 1-based. */
  readonly firstLine: number;
  /** Which content of the open file the agent was shown last (the beginning of its SHA-256); absent: none yet. */
  readonly shown?: string | undefined;
  /** Working directory of the shell, `.` for the workspace. */
  readonly cwd: string;
}

/** As an episode begins: no file is open, and the shell stands in the workspace. */
export const INITIAL_EDITOR_STATE: EditorState = { openFile: null, firstLine: 1, cwd: "." };

export interface ToolContext {
  readonly sandbox: Sandbox;
  /** What may be reached outside the sandbox; left out: nothing. */
  readonly host?: ToolHost;
  readonly actionId: string;
  readonly state: EditorState;
  readonly actionTimeoutMs: number;
  readonly outputBytesMax: number;
  readonly signal: AbortSignal;
}

/** What came of a tool. `validate`, `submit` and `forfeit` are signals that the environment acts on. */
export type ToolResult =
  | {
      readonly kind: "text";
      readonly text: string;
      readonly state: EditorState;
      /** False when the tool refused or failed: the agent reads why in the text. */
      readonly ok: boolean;
      readonly exitCode: number | null;
      readonly timedOut: boolean;
      readonly oomKilled: boolean;
      readonly cpuMs: number;
    }
  | { readonly kind: "validate" | "submit" | "forfeit" };

/** How a model that calls tools natively is told of one. */
export interface NativeDoc {
  readonly description: string;
  /** What each argument is, by name. */
  readonly arguments: Readonly<Record<string, string>>;
}

export interface Tool<Arguments extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** One line as a text scaffold shows it, e.g. `open <path> [<line>]`. */
  readonly signature: string;
  readonly description: string;
  readonly arguments: Arguments;
  /** For text scaffolds: the word alone on a line that ends a multi-line argument; null for one-line commands. */
  readonly endMarker: string | null;
  /** Turns the text after the tool's name (and the lines up to the end marker) into arguments; a string says what is wrong. */
  parseText(rest: string, body: string | null): z.infer<Arguments> | string;
  /** In the words of a native call, where the docs of text scaffolds speak of lines; left out: the description, and what the schema says. */
  readonly native?: NativeDoc;
  /** SHA-256 of the user's file that it comes from, part of the play hash; absent: the package's own, known by its version. */
  readonly source?: string;
  /** Whether a replayed rollout runs the tool again or takes its recorded result. */
  readonly replay: "rerun" | "record";
  /**
   * Present where asking the same sandbox twice for the same action does no more than asking once: a resumed rollout that finds its
   * sandbox alive asks again for the action that was under way. Without it such a rollout goes on from its last snapshot.
   */
  readonly repeatable?: true;
  run(args: z.infer<Arguments>, context: ToolContext): Promise<ToolResult>;
}

// The messages of the OpenEnv protocol (openenv-core 0.2, May 2026), in our own schemas: what a client sends, and what it is sent.
import { z } from "zod";
import type { ErrorCode } from "../refusal.ts";

const EPISODE_ID_CHARS_MAX = 255;
const EVALUATE_MAX = 100;
/** Longer than any action or evaluation may take, and what a timer can still count. */
const TIMEOUT_SECONDS_MAX = 1_000_000;

/** One action: a command as text scaffolds write it, or a call of a tool by name. */
export const actionSchema = z.union(
  [
    z.strictObject({
      command: z.string().describe("A line of bash or one of the tools, as `/tasks` lists them."),
      metadata: z.record(z.string(), z.unknown()).optional().describe("Ignored."),
    }),
    z.strictObject({
      tool: z.string().describe("A tool's name; `shell` runs its `command`."),
      arguments: z.record(z.string(), z.unknown()).default({}).describe("As the tool's schema has them."),
      metadata: z.record(z.string(), z.unknown()).optional().describe("Ignored."),
    }),
  ],
  { error: "an action is { command } or { tool, arguments }" },
);
export type SentAction = z.infer<typeof actionSchema>;

export const resetSchema = z.looseObject({
  seed: z.int().nonnegative().optional().describe("Seed of the episode. Left out: 0."),
  episode_id: z.string().min(1).max(EPISODE_ID_CHARS_MAX).optional().describe("A name of your own for it."),
  task: z.string().optional().describe("One of the tasks that are served. Left out: the first."),
  evaluate: z
    .int()
    .nonnegative()
    .max(EVALUATE_MAX)
    .optional()
    .describe(
      "Judge seeds of the score of record, which the last observation's info then has. Left out: 0, none.",
    ),
});
export type ResetRequest = z.infer<typeof resetSchema>;

export const stepSchema = z.looseObject({
  action: actionSchema,
  timeout_s: z.number().positive().max(TIMEOUT_SECONDS_MAX).optional(),
  request_id: z.string().max(EPISODE_ID_CHARS_MAX).optional(),
  episode_id: z.string().max(EPISODE_ID_CHARS_MAX).optional(),
});

export const closeSchema = z.looseObject({ episode_id: z.string().max(EPISODE_ID_CHARS_MAX).optional() });

/** What a client of the WebSocket sends. `data` is read by the type's own schema. */
export const messageSchema = z.looseObject({ type: z.string(), data: z.unknown().optional() });

export const observationSchema = z.strictObject({
  text: z.string().describe("What the agent is told, capped head and tail."),
  cwd: z.string().describe("Working directory of the shell, `.` for the workspace."),
  open_file: z.string().nullable().describe("The file in the editor."),
  first_line: z.int().describe("First line that the editor shows, from 1."),
  truncated: z.boolean().describe("A limit ended the episode, not the agent."),
  info: z.record(z.string(), z.unknown()).describe("As the library's Gym gives it."),
});
export type SentObservation = z.infer<typeof observationSchema>;

export const stateSchema = z.strictObject({
  episode_id: z.string().nullable().describe("Null before the first reset."),
  step_count: z.int().nonnegative(),
  task: z.string().nullable(),
  seed: z.int().nullable(),
  done: z.boolean(),
});
export type SentState = z.infer<typeof stateSchema>;

/** The answer to a reset or a step. */
export interface Observed {
  readonly observation: SentObservation;
  readonly reward: number | null;
  readonly done: boolean;
}

/** The schemas that `/schema` shows. */
export const protocolSchemas = () => ({
  action: z.toJSONSchema(actionSchema),
  observation: z.toJSONSchema(observationSchema),
  state: z.toJSONSchema(stateSchema),
});

export const observationMessage = (data: Observed) => ({ type: "observation", data });
export const stateMessage = (data: SentState) => ({ type: "state", data });
export const errorMessage = (code: ErrorCode, message: string) => ({
  type: "error",
  data: { message, code },
});

// The Gym's interface: reset, step, close with Gymnasium's meaning (https://gymnasium.farama.org, Env API).
import { z } from "zod";
import type { Outcome } from "./outcome.ts";
import type { SnapshotId } from "./sandbox.ts";
import type { EditorState } from "./tool.ts";

export const actionSchema = z.strictObject({
  /** Name of a tool; `shell` runs its `command`. */
  tool: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  /** The action as the agent wrote it. */
  text: z.string(),
  /** The native tool call it answers; null in text scaffolds. */
  callId: z.string().nullable(),
});
export type Action = z.infer<typeof actionSchema>;

export interface Observation {
  /** What the agent is told, already capped head and tail. */
  readonly text: string;
  readonly state: EditorState;
}

/** What `validate` told the agent. */
export const validationSchema = z.strictObject({
  submission: z.string().nullable(),
  /** Mean score over the validation seeds; null when the submission was not valid. */
  score: z.number().nullable(),
  reason: z.string().nullable(),
  evaluationKeys: z.array(z.string()),
  /** Validations left after this one. */
  remaining: z.int().nonnegative(),
});
export type Validation = z.infer<typeof validationSchema>;

export interface StepInfo {
  readonly ok: boolean;
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly oomKilled: boolean;
  readonly durationMs: number;
  readonly cpuMs: number;
  readonly validation: Validation | null;
}

/** Of an action that could not be carried out: nothing ran. */
export const NOTHING_RUN: StepInfo = {
  ok: false,
  exitCode: null,
  timedOut: false,
  oomKilled: false,
  durationMs: 0,
  cpuMs: 0,
  validation: null,
};

export interface StepResult {
  readonly observation: Observation;
  /** No step of these tasks has a reward of its own: always null here; rewards are functions of evaluations. */
  readonly reward: number | null;
  /** The agent ended the episode; `ending` says how. */
  readonly terminated: boolean;
  readonly truncated: boolean;
  readonly ending: Outcome | null;
  readonly info: StepInfo;
}

export interface ResetOptions {
  /** Prefix of every action id, unique per rollout and retry. */
  readonly actionScope: string;
}

/** What came of an action that an environment in an earlier process carried out, as the record says. */
export interface PastResult {
  readonly state: EditorState;
  readonly validation: Validation | null;
}

/** Single-use: one episode, then dispose. */
export interface Env extends AsyncDisposable {
  reset(options: ResetOptions, signal: AbortSignal): Promise<Observation>;
  /**
   * Counts an action as carried out that the sandbox has behind it already: its number, the editor's state and the validation that it
   * used up are remembered, and nothing is run. After `reset`, before the first `step`.
   */
  recall(past: PastResult): void;
  /** The workspace as it is now, content-addressed: from it another sandbox can go on. */
  snapshot(signal: AbortSignal): Promise<SnapshotId>;
  step(action: Action, signal: AbortSignal): Promise<StepResult>;
  /** What was handed in by `submit`; else the declared files as they are now. A sentence when they cannot be had. */
  submission(signal: AbortSignal): Promise<{ readonly id: string } | { readonly reason: string }>;
  /** True when the sandbox under it still answers. */
  probe(): Promise<boolean>;
}

// The Gym: one task, one sandbox and the tools become reset and step. It knows no model and no prompt, and what an agent
// prints is only ever text to it: validating and submitting are tools, not marks in an output.
import { z } from "zod";
import type { Action, Env, Observation, StepInfo, StepResult } from "../core/env.ts";
import { BoundaryError, within } from "../core/errors.ts";
import type { Evaluator } from "../core/evaluation.ts";
import { NO_HOST, type ToolHost } from "../core/host.ts";
import type { RolloutLimits } from "../core/limits.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type { BlobStore, Sandbox } from "../core/sandbox.ts";
import { NO_SECRETS, type Secrets } from "../core/secrets.ts";
import type { Task } from "../core/task.ts";
import { type EditorState, INITIAL_EDITOR_STATE, type Tool, type ToolResult } from "../core/tool.ts";
import { capText, plainText } from "./capText.ts";
import { misplacedTool } from "./misplacedTool.ts";
import { collectSubmission } from "./submission.ts";
import { validationDesk } from "./validation.ts";

export interface EnvOptions {
  readonly task: Task;
  /** Owned from here on: disposing the environment disposes it. */
  readonly sandbox: Sandbox;
  readonly evaluator: Evaluator;
  readonly blobs: BlobStore;
  readonly tools: readonly Tool[];
  /** What tools may reach outside the sandbox; left out: nothing. */
  readonly host?: ToolHost;
  readonly limits: RolloutLimits;
  /** Judge seeds over which a validation score is the mean. At least one. */
  readonly validationSeeds: readonly number[];
  readonly clock: Clock;
  readonly log: Log;
  /** What no observation, state or submission may hold; left out: there is nothing. */
  readonly secrets?: Secrets;
}

/** Time beyond an action's own limit after which its sandbox counts as lost: no tool may hang a rollout. */
const GRACE_MS = 60_000;
/** Room within an observation for what a tool adds to a command's output. */
const NOTES_BYTES = 384;
const FILES_LISTED_MAX = 60;

/** An environment for one episode. Its methods are called one at a time; a step after the end is the caller's mistake. */
export function createEnv(options: EnvOptions): Env {
  const {
    task,
    sandbox,
    evaluator,
    blobs,
    limits,
    clock,
    log,
    host = NO_HOST,
    secrets = NO_SECRETS,
  } = options;
  const tools = new Map(options.tools.map((tool) => [tool.name, tool]));
  const desk = validationDesk({
    task,
    evaluator,
    seeds: options.validationSeeds,
    most: limits.validations,
  });
  const actionTimeoutMs = limits.actionSeconds * 1000;
  let scope: string | null = null;
  let stepCount = 0;
  let ended = false;
  let disposed = false;
  let handedIn: string | null = null;
  let state: EditorState = INITIAL_EDITOR_STATE;

  const observe = (text: string): Observation => ({
    // After the terminal's codes are gone, which may stand in the midst of a key, and before a cut leaves half of one.
    text: capText(secrets.redact(plainText(text)), limits.observationBytes),
    state,
  });
  const collect = (signal: AbortSignal) =>
    within("sandbox", "reading the submission", () =>
      collectSubmission(task.definition.submission, sandbox, { blobs, secrets }, signal),
    );

  const runTool = (tool: Tool, args: unknown, actionId: string, signal: AbortSignal) =>
    // A tool of the user's own that breaks is part of the agent, and no other sandbox mends it.
    within(tool.source === undefined ? "sandbox" : "agent", `the tool ${tool.name}`, () =>
      withDeadline(clock, actionTimeoutMs + GRACE_MS, signal, (bounded) =>
        tool.run(args, {
          sandbox,
          host,
          actionId,
          state,
          actionTimeoutMs,
          outputBytesMax: Math.max(128, limits.observationBytes - NOTES_BYTES),
          signal: bounded,
        }),
      ),
    );

  const act = async (action: Action, actionId: string, signal: AbortSignal): Promise<Acted> => {
    const tool = tools.get(action.tool);
    if (tool === undefined)
      return refusal(`There is no tool \`${action.tool}\`. Tools: ${toolNames(options.tools)}.`);
    const args = tool.arguments.safeParse(action.arguments);
    if (!args.success) {
      return refusal(`The arguments of \`${tool.name}\` do not fit.\n${z.prettifyError(args.error)}`);
    }
    if (Object.values(action.arguments).some((value) => typeof value === "string" && value.includes("\0"))) {
      return refusal("The command contains a NUL character, which no file name, text or program can take.");
    }
    const result = await runTool(tool, args.data, actionId, signal);
    switch (result.kind) {
      case "text":
        state = secrets.redactValue(result.state);
        return told(
          result,
          result.exitCode === 127 ? misplacedTool(result.text, tools.keys(), action.callId !== null) : null,
        );
      case "validate": {
        const { validation, text } = await desk.ask(await collect(signal), signal);
        const info = { ...QUIET, ok: validation.score !== null, validation: secrets.redactValue(validation) };
        return { text, ending: null, info };
      }
      case "submit": {
        const submission = await collect(signal);
        if ("reason" in submission)
          return refusal(`Nothing was handed in, and your work goes on. ${submission.reason}`);
        handedIn = submission.id;
        return { text: "Your submission is handed in.", ending: { kind: "submitted" }, info: QUIET };
      }
      case "forfeit":
        return { text: "You gave up.", ending: { kind: "forfeit" }, info: QUIET };
      default:
        return result satisfies never;
    }
  };

  return {
    async reset({ actionScope }, signal) {
      signal.throwIfAborted();
      if (scope !== null)
        throw new Error("an environment serves one episode: reset was called a second time");
      scope = actionScope;
      return observe(startText(task));
    },
    recall(past) {
      stepCount += 1;
      ({ state } = past);
      if (past.validation !== null) desk.recall(past.validation);
    },
    async snapshot(signal) {
      signal.throwIfAborted();
      return within("sandbox", "taking a snapshot", () => sandbox.snapshot());
    },
    async step(action, signal): Promise<StepResult> {
      signal.throwIfAborted();
      if (scope === null) throw new Error("an environment is reset before its first step");
      if (ended) throw new Error("the episode has ended: there is no step after it");
      const actionId = `${scope}/${stepCount}`;
      stepCount += 1;
      const startedMs = clock.monotonic();
      const { text, ending, info } = await act(action, actionId, signal);
      const durationMs = clock.monotonic() - startedMs;
      ended = ending !== null;
      if (info.timedOut || info.oomKilled) {
        log.info("action-cut-off", {
          actionId,
          timedOut: info.timedOut,
          oomKilled: info.oomKilled,
          durationMs,
        });
      }
      return {
        observation: observe(text),
        reward: null,
        terminated: ended,
        truncated: false,
        ending,
        info: { ...info, durationMs },
      };
    },
    async submission(signal) {
      // What was handed in is what is judged, whatever still runs in the sandbox.
      if (handedIn !== null) return { id: handedIn };
      const submission = await collect(signal);
      return "reason" in submission ? submission : { id: submission.id };
    },
    probe: () => sandbox.probe(),
    async [Symbol.asyncDispose]() {
      if (disposed) return;
      disposed = true;
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

interface Acted {
  readonly text: string;
  readonly ending: Outcome | null;
  readonly info: Omit<StepInfo, "durationMs">;
}

const QUIET: Acted["info"] = {
  ok: true,
  exitCode: null,
  timedOut: false,
  oomKilled: false,
  cpuMs: 0,
  validation: null,
};

function refusal(text: string): Acted {
  return { text, ending: null, info: { ...QUIET, ok: false } };
}

function told(result: Extract<ToolResult, { kind: "text" }>, hint: string | null): Acted {
  const { ok, exitCode, timedOut, oomKilled, cpuMs } = result;
  const text = hint === null ? result.text : `${result.text}\n${hint}`;
  return { text, ending: null, info: { ok, exitCode, timedOut, oomKilled, cpuMs, validation: null } };
}

function toolNames(tools: readonly Tool[]): string {
  return tools.map(({ name }) => `\`${name}\``).join(", ");
}

/** What stands in the workspace before the first step, from the task itself: nothing is run for it. */
function startText({ workspace }: Task): string {
  if (workspace.length === 0) return "The working folder is empty.";
  const files = [...workspace].sort((a, b) => (a.path < b.path ? -1 : 1));
  const left = files.length - FILES_LISTED_MAX;
  return [
    "Files in the working folder:",
    ...files.slice(0, FILES_LISTED_MAX).map(({ path, data }) => `- ${path} (${data.byteLength} bytes)`),
    ...(left > 0 ? [`(${left} more)`] : []),
  ].join("\n");
}

/** Runs work under a deadline of our own, for what has none: past it the sandbox is taken to be lost. */
async function withDeadline<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const late = clock.sleep(ms, over.signal).then(() => {
    throw new BoundaryError("sandbox", `no answer from the sandbox within ${ms} ms`, { transient: true });
  });
  late.catch(() => over.abort(OVER));
  try {
    return await Promise.race([work(AbortSignal.any([signal, over.signal])), late]);
  } finally {
    over.abort(OVER);
  }
}

/** Said to a deadline that nobody waits for any more: made once, since an abort without a reason makes an error each time. */
const OVER = new Error("the action is over");

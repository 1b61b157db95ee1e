// A rollout of our own in the detectors' shape.
import type { Message } from "../core/message.ts";
import { INITIAL_EDITOR_STATE } from "../core/tool.ts";
import type { StepAction, Trajectory } from "../core/trajectory.ts";
import { relativePath } from "./actionText.ts";
import {
  type InspectedAction,
  type InspectedRecord,
  type InspectedScore,
  type InspectedValidation,
  inspectedAction,
} from "./inspected.ts";

/** The record of a finished rollout with the scores of record of its two submissions. */
export function inspectTrajectory(
  { key, steps, pool, finalSubmission, outcome }: Trajectory,
  scores: { readonly score: InspectedScore | null; readonly bestScore: InspectedScore | null },
): InspectedRecord {
  // Whatever broke a rollout broke it during the first action that has no result: that one was begun.
  const isLastBegun = (position: number, all: readonly StepAction[]) =>
    outcome.kind === "failed" && (position === 0 || all[position - 1]?.result !== null);
  const actions: InspectedAction[] = [];
  const validations: InspectedValidation[] = [];
  let state: { readonly openFile: string | null; readonly cwd: string } = INITIAL_EDITOR_STATE;
  for (const step of steps) {
    for (const [position, action] of step.actions.entries()) {
      const { tool, text, error, result } = action;
      actions.push(
        inspectedAction({
          step: step.index,
          tool,
          text,
          isCarriedOut: error === null && (result !== null || isLastBegun(position, step.actions)),
          ok: result?.ok ?? null,
          command: tool === "shell" ? (argument(action, "command") ?? text) : null,
          written: argument(action, "text"),
          target: targetOf(action, state),
          cwd: state.cwd,
          observation: (result?.message == null ? undefined : pool[result.message])?.message.content ?? "",
        }),
      );
      const validation = result?.validation;
      if (validation != null && validation.score !== null) {
        validations.push({ step: step.index, score: validation.score, submission: validation.submission });
      }
      if (result !== null) state = result.state;
    }
  }
  const replies = steps.map(({ index, response, reply }) => ({
    step: index,
    servedModel: reply.servedModel,
    text: writtenText(pool[response]?.message),
  }));
  return { key, actions, replies, validations, finalSubmission, ...scores };
}

/** All words of a reply: its thoughts too, where a provider shows them. */
function writtenText(message: Message | undefined): string {
  if (message?.role !== "assistant") return message?.content ?? "";
  const { content, reasoning, toolCalls } = message;
  return [...reasoning.map(({ text }) => text), content, ...toolCalls.map((call) => call.arguments)].join(
    "\n",
  );
}

function argument({ arguments: args }: StepAction, name: string): string | null {
  const value = args?.[name];
  return typeof value === "string" ? value : null;
}

function targetOf(action: StepAction, state: { openFile: string | null; cwd: string }): string | null {
  switch (action.tool) {
    case "create": {
      const path = argument(action, "path");
      return path === null ? null : relativePath(path, state.cwd);
    }
    case "edit":
    case "insert":
      return state.openFile === null ? null : relativePath(state.openFile, ".");
    default:
      return null;
  }
}

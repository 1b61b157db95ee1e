// Makes a demonstration of a recorded rollout: what the agent was told, thought, did and saw, without the form in which it said so.
import { UserError } from "../core/errors.ts";
import type { PooledMessage } from "../core/message.ts";
import type { StepAction, StepRecord, Trajectory } from "../core/trajectory.ts";
import type { Demonstration } from "./demonstration.ts";
import { TEXT_FORMS } from "./forms/forms.ts";
import { fillPrompt, type Prompts } from "./prompts.ts";
import { stateLine } from "./wording.ts";

type Recorded = Pick<
  Trajectory,
  "key" | "cell" | "pool" | "steps" | "outcome" | "provider" | "bestValidated"
>;
type DemonstratedAction = Demonstration["steps"][number]["actions"][number];

/** Put in the place of an observation to find what a prompt puts around it. */
const MARK = "\u0000";

/**
 * The demonstration of a rollout that ended by `submit`; replies of the wrong form, calls that could not be carried out, and summaries are
 * left out. `prompts` are those it was played with. Throws UserError where it cannot be made.
 */
export function recordDemonstration(trajectory: Recorded, prompts: Prompts, licence: string): Demonstration {
  const { cell, pool, provider, outcome, key } = trajectory;
  if (outcome.kind !== "submitted") {
    throw new UserError(
      `rollout ${key.slice(0, 12)} did not end with \`submit\`, so it demonstrates no whole piece of work; take one that did`,
    );
  }
  const opening = pool.find(({ kind }) => kind === "task")?.message.content ?? "";
  const steps = trajectory.steps.flatMap((step) => {
    const actions = step.actions.flatMap((action) => actionOf(action, step, trajectory, prompts) ?? []);
    const thought = thoughtOf(cell.agent.scaffold, pool[step.response]);
    return actions.length === 0 ? [] : [{ thought, actions }];
  });
  return {
    format: "nightshift.demonstration/1",
    task: cell.taskId,
    licence,
    recorded: {
      rollout: key,
      model: cell.model.id,
      provider,
      scaffold: cell.agent.scaffold,
      validated: trajectory.bestValidated?.score ?? null,
    },
    stepsMax: cell.limits.steps,
    opening,
    steps,
  };
}

function thoughtOf(
  scaffold: Recorded["cell"]["agent"]["scaffold"],
  reply: PooledMessage | undefined,
): string {
  const text = reply?.message.content ?? "";
  return scaffold === "native" ? text.trim() : TEXT_FORMS[scaffold].thoughtOf(text);
}

function actionOf(
  { tool, arguments: args, text, callId, error, result }: StepAction,
  step: StepRecord,
  { cell, pool, key }: Recorded,
  prompts: Prompts,
): DemonstratedAction | null {
  if (error !== null || args === null || result === null) return null;
  // An object with a name and arguments, of the form `json`, is no command that other forms could write.
  const isCall = cell.agent.scaffold === "json" && text === `${tool} ${JSON.stringify(args)}`;
  const command = callId === null && !isCall ? text : null;
  const message = result.message === null ? undefined : pool[result.message];
  if (message === undefined) return { tool, arguments: args, command, observation: null };
  const { openFile, cwd } = result.state;
  const state = stateLine(prompts, { text: "", state: result.state }, step.index + 1, cell.limits.steps);
  const [before = "", after = ""] = fillPrompt(prompts, "observation", { observation: MARK, state }).split(
    MARK,
  );
  const { content } = message.message;
  if (
    !content.startsWith(before) ||
    !content.endsWith(after) ||
    content.length < before.length + after.length
  ) {
    throw new UserError(
      `rollout ${key.slice(0, 12)}, step ${step.index}: what was observed is not worded as the agent's prompts word it now; put them back first`,
    );
  }
  const seen = content.slice(before.length, content.length - after.length);
  return { tool, arguments: args, command, observation: { text: seen, openFile, directory: cwd } };
}

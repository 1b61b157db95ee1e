// `show RUN KEY`: one rollout as it happened: what the model saw and said, what was done, what came of it.
import { demonstrationOf, writeDemonstration } from "../compose/demonstrations.ts";
import { planOf } from "../compose/plan.ts";
import { readStoredRun, type StoredRun } from "../compose/storedRun.ts";
import type { World } from "../compose/world.ts";
import { UserError } from "../core/errors.ts";
import type { PooledMessage } from "../core/message.ts";
import type { Signal } from "../core/signal.ts";
import type { StepAction, StepRecord } from "../core/trajectory.ts";
import { rolloutSignals } from "../pipeline/rolloutSignals.ts";
import type { AddCommand } from "./command.ts";
import { readRollout, type Shown } from "./readRollout.ts";
import { signalText } from "./signalText.ts";

interface ShowOptions {
  readonly step?: string;
  readonly demonstration?: string;
}

export const showCommand: AddCommand = (program, world) => {
  program
    .command("show")
    .description("one rollout, step by step")
    .argument("<run>", "the run directory")
    .argument("<key>", "the rollout's key, or the start of it")
    .option("--step <n>", "one step, counted from 0, with the whole prompt that was sent")
    .option("--demonstration <file>", "instead: write it into a new file that agents can be shown")
    .action(async (directory: string, prefix: string, options: ShowOptions) => {
      const stored = await readStoredRun(directory, []);
      const shown = await readRollout(stored.reader, prefix);
      if (options.demonstration !== undefined) {
        const demonstration = await demonstrationOf(world, stored, shown.rollout);
        await writeDemonstration(options.demonstration, demonstration);
        const count = demonstration.steps.length;
        world.say(
          `${options.demonstration}: ${demonstration.task}, ${count} ${count === 1 ? "step" : "steps"}`,
        );
        return;
      }
      const asked = options.step === undefined ? undefined : stepAt(shown, options.step);
      for (const line of shown.head) world.say(line);
      const signals = await signalsShown(world, stored, shown);
      const signalsAt = (step: number | null) =>
        signals.filter((signal) => signal.step === step).map(signalText);
      for (const line of signalsAt(null)) world.say(line);
      if (asked === undefined) {
        for (const message of shown.pool.filter((message) => message.step === null))
          world.say(messageText(message));
        for (const step of shown.steps) {
          world.say(stepText(step, shown.pool));
          for (const line of signalsAt(step.index)) world.say(line);
        }
        return;
      }
      for (const [from, to] of asked.prompt)
        for (const message of shown.pool.slice(from, to)) world.say(messageText(message));
      world.say(stepText(asked, shown.pool));
      for (const line of signalsAt(asked.index)) world.say(line);
    });
};

/** The signals of a rollout that has ended. A run whose tasks are gone can still be read: then there is a word on it instead. */
async function signalsShown(
  world: World,
  { pipeline, reader }: StoredRun,
  { rollout, trajectory }: Shown,
): Promise<readonly Signal[]> {
  if (trajectory === null) return [];
  try {
    const plan = await planOf(world, pipeline);
    const signals = rolloutSignals(plan, reader.state, rollout, trajectory);
    if (signals === null) world.say("integrity: unknown, since the pipeline no longer has its cell");
    else if (signals.length === 0) world.say("integrity: no signals");
    return signals ?? [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    world.say(`integrity: unknown (${error.message})`);
    return [];
  }
}

function stepAt({ steps }: Shown, text: string): StepRecord {
  const step = /^\d+$/.test(text) ? steps[Number(text)] : undefined;
  if (step !== undefined) return step;
  const there = steps.length === 0 ? "no steps yet" : `steps 0 to ${steps.length - 1}`;
  throw new UserError(`--step ${text}: this rollout has ${there}; name one of them as a number`);
}

function messageText({ kind, message }: PooledMessage): string {
  return `── ${kind} (${message.role}) ──\n${message.content}`;
}

function stepText(step: StepRecord, pool: readonly PooledMessage[]): string {
  const { reply, actions, formatError, complaint, purpose } = step;
  const response = pool[step.response]?.message;
  const reasoning =
    response?.role === "assistant" ? response.reasoning.map(({ text }) => text).join("\n") : "";
  const cost = reply.costUsd === null ? "" : `, $${reply.costUsd.toFixed(5)}`;
  const lines = [
    `━━ step ${step.index} ━━ ${reply.usage.input} + ${reply.usage.output} tokens${cost}, ${reply.servedModel}`,
    ...(reasoning === "" ? [] : [`(reasoning) ${reasoning}`]),
    response?.content ?? "",
  ];
  if (formatError !== null) lines.push(`── format error ── ${formatError}`);
  for (const action of actions) lines.push(...actionTexts(action, pool));
  if (purpose === "summary") lines.push("── the older part of the history gives way to this summary ──");
  else if (actions.length === 0) lines.push(answerText(complaint, pool));
  return lines.join("\n");
}

/** A native call with its raw arguments (a text scaffold's command stands in the reply already), and what came of it. */
function actionTexts({ callId, text, result }: StepAction, pool: readonly PooledMessage[]): string[] {
  const lines = callId === null ? [] : [`── call ── ${text}`];
  if (result === null) return [...lines, "── no result: the rollout was cut off, or over, before it ──"];
  if (result.validation !== null) {
    const { score, reason, remaining } = result.validation;
    lines.push(`── validation ── ${score ?? reason}, ${remaining} left`);
  }
  return [...lines, answerText(result.message, pool)];
}

function answerText(index: number | null, pool: readonly PooledMessage[]): string {
  const answer = index === null ? undefined : pool[index];
  return answer === undefined ? "── the episode ended with this step ──" : messageText(answer);
}

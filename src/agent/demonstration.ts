// A demonstration: a rollout that we recorded, kept apart from any scaffold's form, and how it is put before a task. It is never trained on
// and never elided: its messages are of the kind `demo`.
import { z } from "zod";
import type { Message } from "../core/message.ts";
import { fillPrompt, type Prompts } from "./prompts.ts";
import { observationText } from "./wording.ts";

const seenSchema = z.strictObject({
  text: z.string(),
  openFile: z.string().nullable(),
  directory: z.string(),
});

const actionSchema = z.strictObject({
  tool: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  /** As a text scaffold wrote it; null where the rollout was recorded with native calls. */
  command: z.string().nullable(),
  /** Null for the one that ended the episode. */
  observation: seenSchema.nullable(),
});

export const demonstrationSchema = z.strictObject({
  format: z.literal("nightshift.demonstration/1"),
  /** The task's id. */
  task: z.string(),
  /** Licence of the task, whose words it repeats. */
  licence: z.string(),
  recorded: z.strictObject({
    rollout: z.string(),
    model: z.string(),
    provider: z.string(),
    scaffold: z.string(),
    /** Its best score by `validate`; null where none was validated. */
    validated: z.number().nullable(),
  }),
  stepsMax: z.int().positive(),
  /** The task's message as the agent read it. */
  opening: z.string(),
  steps: z
    .array(z.strictObject({ thought: z.string(), actions: z.array(actionSchema).min(1).max(64) }))
    .min(1)
    .max(200),
});
export type Demonstration = z.infer<typeof demonstrationSchema>;

/** A demonstration in one message of the user's, each reply as `write` writes it. Throws a RangeError for one without commands. */
export function demonstrationText(
  of: Demonstration,
  prompts: Prompts & { readonly demonstration: string },
  write: (thought: string, command: string) => string,
): Message {
  const turns = of.steps.flatMap(({ thought, actions }, index) =>
    actions.flatMap((action) => {
      if (action.command === null) throw new RangeError(`the demonstration of ${of.task} has no commands`);
      const reply = `<reply>\n${write(thought, action.command)}\n</reply>`;
      const answer = answerText(of, prompts, action, index);
      return answer === null ? [reply] : [reply, `<result>\n${answer}\n</result>`];
    }),
  );
  const content = fillPrompt(prompts, "demonstration", { task: of.opening, turns: turns.join("\n\n") });
  return { role: "user", content };
}

/** The same as the messages of a native conversation. */
export function demonstrationMessages(
  of: Demonstration,
  prompts: Prompts & { readonly demonstration: string },
): readonly Message[] {
  let callCount = 0;
  const turns = of.steps.flatMap(({ thought, actions }, index): Message[] => {
    const calls = actions.map((action) => ({ action, id: `demo-${callCount++}` }));
    const toolCalls = calls.map(({ action, id }) => ({
      id,
      name: action.tool,
      arguments: JSON.stringify(action.arguments),
    }));
    const answers = calls.map(({ action, id }): Message => {
      const content = answerText(of, prompts, action, index) ?? "The demonstration ends here.";
      return { role: "tool", content, toolCallId: id, name: action.tool };
    });
    return [{ role: "assistant", content: thought, reasoning: [], toolCalls }, ...answers];
  });
  const content = fillPrompt(prompts, "demonstration", { task: of.opening });
  return [{ role: "user", content }, ...turns];
}

/** Whether text scaffolds can show it: every action stands there as the command that it was. */
export function hasCommands({ steps }: Demonstration): boolean {
  return steps.every(
    ({ actions }) => actions.length === 1 && actions.every(({ command }) => command !== null),
  );
}

function answerText(
  { stepsMax }: Demonstration,
  prompts: Prompts,
  { observation }: Demonstration["steps"][number]["actions"][number],
  index: number,
): string | null {
  if (observation === null) return null;
  const { text, openFile, directory } = observation;
  const state = { openFile, firstLine: 1, cwd: directory };
  return observationText(prompts, { text, state }, { step: index + 1, stepsMax });
}

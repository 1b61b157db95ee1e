// Pairs of single replies to byte-equal prompts, at whatever step.
import type { RolloutRows } from "../dataset/rows.ts";
import { unmarkedMessage } from "./chatMessage.ts";
import { type Paired, pairedSides, type Side } from "./pairedSides.ts";
import type { Conversion, LeftOutReason } from "./recipe.ts";
import { stepTurns } from "./stepTurns.ts";

export function pairedSteps<Row>(make: (paired: Paired) => Row): Conversion<Row> {
  return pairedSides("everyStep", replyOf, make);
}

function replyOf(rollout: RolloutRows, stepIndex: number): Side | LeftOutReason {
  const step = rollout.steps[stepIndex];
  const turns = step === undefined ? null : stepTurns(rollout, step);
  if (turns === null) return "promptUnknown";
  const prompt = turns.prompt.map(unmarkedMessage);
  const reply = unmarkedMessage(turns.reply);
  if (reply === null || !prompt.every((message) => message !== null)) return "invalidToolArguments";
  return { prompt, reply: [reply] };
}

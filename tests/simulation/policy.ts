// What the simulated model says: a function of the rollout's seed and of what it was told, so that whatever it was told otherwise shows in
// everything that follows.
import { seedOf, sha256 } from "../../src/core/hash.ts";
import type { ModelReply, ModelRequest } from "../../src/core/model.ts";
import { prng } from "../../src/core/prng.ts";

/** Most steps that a plan has. */
export const STEPS_MAX = 8;
/** Few different texts, so that rollouts often hand in the same and share its evaluations. */
const TEXTS = 12;
/** Actions of one native reply, at most. */
const CALLS_MAX = 3;

type Said = Pick<ModelReply, "text" | "toolCalls" | "finish">;

interface Call {
  readonly tool: string;
  readonly command: string | null;
}

/** The reply to a request. Natively, where tools go with the request; else in a fenced block. */
export function replyOf({ messages, tools, seed }: ModelRequest): Said {
  const step = messages.filter(({ role }) => role === "assistant").length;
  const seen = sha256(JSON.stringify(messages.at(-1)?.content ?? "")).slice(0, 8);
  const draw = prng(seedOf("simulated step", { seed, step, seen }));
  const isLast = step + 1 >= lengthOf(seed);
  const thought = `I saw ${seen}.`;
  if (!isLast && draw.chance(0.08)) return { text: `${thought} I act later.`, toolCalls: [], finish: "stop" };
  if (tools.length === 0) {
    const { tool, command } = callOf(draw, isLast);
    return { text: `${thought}\n\n\`\`\`\n${command ?? tool}\n\`\`\``, toolCalls: [], finish: "stop" };
  }
  const count = isLast ? 1 : 1 + draw.below(CALLS_MAX);
  const toolCalls = Array.from({ length: count }, (_, index) => {
    const { tool, command } = callOf(draw, isLast);
    const id = `call-${step}-${index}`;
    return { id, name: tool, arguments: JSON.stringify(command === null ? {} : { command }) };
  });
  return { text: thought, toolCalls, finish: "toolCalls" };
}

/** How many steps a rollout means to take; past the limit it hands nothing in. */
function lengthOf(seed: number): number {
  return 1 + prng(seedOf("simulated length", seed)).below(STEPS_MAX + 1);
}

type Draw = ReturnType<typeof prng>;

function callOf(draw: Draw, isLast: boolean): Call {
  if (isLast) return { tool: draw.chance(0.92) ? "submit" : "forfeit", command: null };
  if (draw.chance(0.2)) return { tool: "validate", command: null };
  return { tool: "shell", command: commandOf(draw) };
}

function commandOf(draw: Draw): string {
  const text = `v${draw.below(TEXTS)}`;
  return draw.pick([
    `write ${text}`,
    `write ${text}`,
    `add ${text}`,
    "show",
    "bump",
    `cd d${draw.below(3)}`,
    `train ${draw.pick([2, 30, 60])}`,
    draw.chance(0.2) ? "drop" : "show",
    `fail ${1 + draw.below(3)}`,
  ]);
}

// Replies drawn from a grammar and then damaged: what models write, and what they write when they slip. Equal seeds give equal replies.
import { TEXT_FORMS } from "../../src/agent/forms/forms.ts";
import type { TextForm } from "../../src/agent/forms/textForm.ts";
import { parseNative } from "../../src/agent/parseNative.ts";
import { choose } from "../../src/agent/textAgent.ts";
import type { AgentConfig } from "../../src/core/cell.ts";
import type { ToolCall } from "../../src/core/message.ts";
import { FINISH_REASONS, type ModelReply } from "../../src/core/model.ts";
import { type Prng, prng } from "../../src/core/prng.ts";
import { allTools } from "../../src/tools/toolset.ts";

export type Reply = Pick<ModelReply, "text" | "toolCalls" | "finish">;
export type ParserName = AgentConfig["scaffold"];

/** Share of replies that are damaged after they were written. */
const DAMAGED = 0.5;
/** Most repetitions of one piece that damage puts in. */
const RUN_MAX = 20_000;

const WORDS =
  'the loss falls when I raise the learning rate so next `lr` = 3e-4 and then validate; a < b && c > d? ünïcode 中文 🙂 <div> {x: 1} "quoted" it\'s C:\\tmp $HOME 100% #3'.split(
    " ",
  );
const PATHS = [
  "a.py",
  "src/train.py",
  '"my file.txt"',
  "data/x y.csv",
  "../up",
  "b\\ c.md",
  "模型.py",
  "-rf",
];
const SHELL = [
  "ls -la",
  "python3 train.py --lr 0.1 2>&1 | tail -5",
  "cat > a.py <<'EOF'\nprint(\"```\")\nEOF",
  "for i in 1 2 3; do echo $i; done",
  'grep -rn "</command>" .',
  "cd src && python - <<E\nx = {'a': [1, 2]}\nE",
  "echo '<think>' && sed -i 's/a/b/' x",
  "printf '%s\\n' \"end_of_edit\"",
  "true # ```",
];
/** What damage puts in: the pieces that readers look for. */
const PIECES = [
  "```",
  "````",
  "```\n",
  "\n```\n",
  "```python\n",
  "<command>",
  "</command>",
  "<![CDATA[",
  "]]></command>",
  "<thought>",
  "</thought>",
  "<think>",
  "</think>",
  "<tool_call>",
  '<function=shell>{"a":1}',
  "[TOOL_CALLS]",
  "{",
  "}",
  '"',
  "\\",
  '\\"',
  ",",
  ":",
  '{"thought": ',
  '"command": ',
  "[",
  "]",
  "\n",
  "\r\n",
  "\n\n\n",
  "\t",
  " ",
  "\u0000",
  "\u2028",
  "\ud800",
  "\udfff",
  "end_of_edit",
  "end_of_insert",
  "edit 1:2\n",
  "1e999",
  "-0",
  "null",
  "__proto__",
  "&lt;",
];

/** A reply for a parser, from one draw. */
export function drawReply(parser: ParserName, draw: Prng): Reply {
  const reply = parser === "native" ? nativeReply(draw) : textReply(TEXT_FORMS[parser], draw);
  return draw.chance(0.02) ? { ...reply, finish: draw.pick(FINISH_REASONS) } : reply;
}

/** How many actions a parser reads out of a reply; throws where the parser throws. */
export function actionsIn(parser: ParserName, reply: Reply): number {
  const { calls } =
    parser === "native" ? parseNative(allTools, reply) : choose(allTools, TEXT_FORMS[parser].parse(reply));
  return calls.filter(({ kind }) => kind === "action").length;
}

export interface FuzzCount {
  readonly replies: number;
  readonly parsed: number;
  readonly characters: number;
  /** Seeds of replies at which the parser threw. */
  readonly threw: readonly number[];
  /** Milliseconds of the longest parse, the best of three, by the clock given. */
  readonly longestMs: number;
  readonly longestSeed: number;
}

/** Parses replies of the seeds from `first` on. `now` is read around each parse. */
export function fuzz(
  parser: ParserName,
  first: number,
  replies: number,
  now: () => number = () => 0,
): FuzzCount {
  let parsed = 0;
  let characters = 0;
  let longestMs = 0;
  let longestSeed = first;
  const threw: number[] = [];
  for (let seed = first; seed < first + replies; seed++) {
    const reply = drawReply(parser, prng(seed));
    characters += reply.text.length + reply.toolCalls.reduce((sum, call) => sum + call.arguments.length, 0);
    const once = () => {
      const startedAt = now();
      const actions = actionsIn(parser, reply);
      return { actions, ms: now() - startedAt };
    };
    let ms = 0;
    try {
      const first = once();
      if (first.actions > 0) parsed += 1;
      // Whatever else the machine did meanwhile is not the parser's time: a long parse counts as long as it takes at best.
      ms = first.ms > longestMs ? Math.min(first.ms, once().ms, once().ms) : 0;
    } catch {
      threw.push(seed);
    }
    if (ms > longestMs) [longestMs, longestSeed] = [ms, seed];
  }
  return { replies, parsed, characters, threw, longestMs, longestSeed };
}

function textReply(form: TextForm, draw: Prng): Reply {
  const thought = prose(draw);
  let text = form.write(thought, command(draw));
  if (form.name === "json" && draw.chance(0.3)) text = JSON.stringify({ thought, command: call(draw) });
  if (form.name === "json" && draw.chance(0.2)) text = `\`\`\`json\n${text}\n\`\`\``;
  if (form.name === "lastBlock" && draw.chance(0.4)) text = `\`\`\`py\n${lines(draw)}\n\`\`\`\n${text}`;
  if (draw.chance(0.15)) text = `<think>\n${prose(draw)}\n</think>\n${text}`;
  if (form.name !== "json" && draw.chance(0.2)) text = `${text}\n${prose(draw)}`;
  if (draw.chance(0.1)) text = text.replaceAll("\n", "\r\n");
  return { text: draw.chance(DAMAGED) ? damaged(text, draw) : text, toolCalls: [], finish: "stop" };
}

function nativeReply(draw: Prng): Reply {
  const toolCalls = Array.from(
    { length: draw.below(5) === 0 ? draw.below(30) : 1 + draw.below(2) },
    (_, at): ToolCall => {
      const { name, arguments: args } = call(draw);
      const text = draw.chance(0.05) ? "" : JSON.stringify(args);
      const isDamaged = draw.chance(DAMAGED);
      return {
        id: `call-${at}`,
        name: draw.chance(0.05) ? damaged(name, draw) : name,
        arguments: isDamaged ? damaged(text, draw) : text,
      };
    },
  );
  return { text: prose(draw), toolCalls, finish: toolCalls.length > 0 ? "toolCalls" : "stop" };
}

function prose(draw: Prng): string {
  return Array.from(
    { length: draw.below(40) },
    () => draw.pick(WORDS) + draw.pick([" ", " ", " ", "\n"]),
  ).join("");
}

function lines(draw: Prng): string {
  return Array.from(
    { length: draw.below(6) },
    () => `${" ".repeat(draw.below(9))}${draw.pick(WORDS)} = ${draw.below(99)}`,
  ).join("\n");
}

function command(draw: Prng): string {
  const [from, span] = [1 + draw.below(50), draw.below(9)];
  switch (draw.below(8)) {
    case 0:
      return `open ${draw.pick(PATHS)}${draw.chance(0.5) ? ` ${draw.below(300)}` : ""}`;
    case 1:
      return `edit ${from}:${from + span}\n${lines(draw)}\nend_of_edit`;
    case 2:
      return `insert ${draw.below(50)}\n${lines(draw)}\nend_of_insert`;
    case 3:
      return draw.pick(["validate", "submit", "scroll down", "scroll up", "forfeit"]);
    case 4:
      return `search ${draw.pick(WORDS)} ${draw.pick(PATHS)}`;
    case 5:
      return `create ${draw.pick(PATHS)}`;
    default:
      return draw.pick(SHELL);
  }
}

function call(draw: Prng): {
  readonly name: string;
  readonly arguments: { readonly [name: string]: unknown };
} {
  const from = 1 + draw.below(50);
  switch (draw.below(6)) {
    case 0:
      return { name: "open", arguments: { path: draw.pick(PATHS), line: from } };
    case 1:
      return { name: "edit", arguments: { first: from, last: from + draw.below(9), text: lines(draw) } };
    case 2:
      return { name: "insert", arguments: { after: draw.below(9), text: lines(draw) } };
    case 3:
      return { name: draw.pick(["validate", "submit"]), arguments: {} };
    case 4:
      return { name: "search_dir", arguments: { text: draw.pick(WORDS), folder: "." } };
    default:
      return { name: "shell", arguments: { command: draw.pick(SHELL) } };
  }
}

/** One to four slips: pieces put in, cut out, doubled, moved, or run on and on. */
function damaged(text: string, draw: Prng): string {
  let out = text;
  for (let slips = 1 + draw.below(4); slips > 0; slips--) {
    const at = draw.below(out.length + 1);
    const to = Math.min(out.length, at + 1 + draw.below(30));
    switch (draw.below(7)) {
      case 0:
        out = out.slice(0, at) + out.slice(to);
        break;
      case 1:
        out = out.slice(0, to) + out.slice(at);
        break;
      case 2:
        out = draw.chance(0.3) ? out.slice(0, at) : out;
        break;
      case 3:
        out =
          out.slice(0, at) +
          draw.pick(PIECES).repeat(draw.chance(0.02) ? draw.below(RUN_MAX) : 1) +
          out.slice(at);
        break;
      case 4:
        out = out.slice(0, at) + String.fromCharCode(draw.below(65_536)) + out.slice(at + 1);
        break;
      case 5:
        out = draw.pick(PIECES) + out;
        break;
      default:
        out += draw.pick(PIECES);
    }
  }
  return out;
}

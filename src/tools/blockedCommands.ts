// Programs that the shell refuses to start, by name: guidance for agents that would otherwise wait in an editor, not a barrier. What an agent
// must not reach is kept out by the sandbox.
import type { BlockedConfig } from "../core/cell.ts";
import type { Tool } from "../core/tool.ts";
import { SHELL } from "./parseCommand.ts";
import { refused } from "./result.ts";
import { NESTING_MAX, type SimpleCommand, simpleCommands } from "./simpleCommands.ts";

export interface BlockedCommands {
  /** Refused wherever they are called. */
  readonly words: readonly string[];
  /** Refused where they have no arguments and no input, and so would wait for some. */
  readonly alone: readonly string[];
}

/** MLGym's two lists, which its own check never applied (mlgym 9d40c1b, tools.py: it compared a name with one character). */
const MLGYM: BlockedCommands = {
  words: ["vim", "vi", "emacs", "nano", "nohup", "git"],
  alone: ["python", "python3", "ipython", "bash", "sh", "exit", "su"],
};

/** Programs that run another one, with the letters of their options that take a value. */
const RUNNERS: Readonly<Record<string, { readonly valued: string; readonly operands: number }>> = {
  sudo: { valued: "ughpCRTDrt", operands: 0 },
  doas: { valued: "uC", operands: 0 },
  env: { valued: "uC", operands: 0 },
  nohup: { valued: "", operands: 0 },
  nice: { valued: "n", operands: 0 },
  ionice: { valued: "cnp", operands: 0 },
  time: { valued: "fo", operands: 0 },
  timeout: { valued: "ks", operands: 1 },
  stdbuf: { valued: "ioe", operands: 0 },
  setsid: { valued: "", operands: 0 },
  unbuffer: { valued: "", operands: 0 },
  xargs: { valued: "aEdIiLnPs", operands: 0 },
  exec: { valued: "a", operands: 0 },
  command: { valued: "", operands: 0 },
  builtin: { valued: "", operands: 0 },
};
/** Programs in a row that only run the next. */
const RUNNERS_MAX = 16;
const SHELLS = new Set(["bash", "sh", "dash", "zsh", "ksh"]);
/** Options with which an interpreter still waits for input. */
const IDLE_OPTION = /^-[iluqsSEBIO]*$/;

/** The lists of a configuration. */
export function blockedCommands(config: BlockedConfig): BlockedCommands {
  return config === "mlgym" ? MLGYM : config;
}

/** The same tools, with a shell that refuses; its refusal costs a step like any other. */
export function withBlocked(tools: readonly Tool[], blocked: BlockedCommands): readonly Tool[] {
  return tools.map((tool): Tool => {
    if (tool.name !== SHELL) return tool;
    return {
      ...tool,
      run(args, context) {
        const refusal = refusalOf(commandOf(args), blocked);
        return refusal === null ? tool.run(args, context) : Promise.resolve(refused(refusal, context.state));
      },
    };
  });
}

/** One sentence where a command starts something that is blocked; null where it does not. Linear in the command. */
export function refusalOf(command: string, blocked: BlockedCommands): string | null {
  const found = blockedIn(simpleCommands(command), blocked, 0);
  if (found === null) return null;
  const name = `\`${found.name}\``;
  const what = found.isAlone ? `${name} without arguments or input` : name;
  return `${what} is blocked in this environment, so nothing of the command was run.`;
}

interface Found {
  readonly name: string;
  readonly isAlone: boolean;
}

function blockedIn(
  commands: readonly SimpleCommand[],
  blocked: BlockedCommands,
  depth: number,
): Found | null {
  for (const { words, hasInput } of commands) {
    const found = blockedAmong(words, hasInput, blocked, depth);
    if (found !== null) return found;
  }
  return null;
}

/** Follows a command through those that only run another. */
function blockedAmong(
  words: readonly string[],
  hasInput: boolean,
  blocked: BlockedCommands,
  depth: number,
): Found | null {
  let rest = words;
  for (let runners = 0; rest.length > 0 && runners <= RUNNERS_MAX; runners++) {
    const [first = "", ...others] = rest;
    const name = first.slice(first.lastIndexOf("/") + 1);
    if (blocked.words.includes(name)) return { name, isAlone: false };
    const isIdle = !hasInput && others.every((word) => IDLE_OPTION.test(word));
    if (isIdle && blocked.alone.includes(name)) return { name, isAlone: true };
    const inner = depth < NESTING_MAX ? textRunBy(name, others) : null;
    if (inner !== null) return blockedIn(simpleCommands(inner, depth + 1), blocked, depth + 1);
    rest = commandRunBy(name, others);
  }
  return null;
}

/** The text that a shell is given to run; null where it is given none. */
function textRunBy(name: string, words: readonly string[]): string | null {
  if (name === "eval") return words.join(" ");
  if (!SHELLS.has(name)) return null;
  const at = words.findIndex((word) => /^-[a-z]{1,20}$/.test(word) && word.includes("c"));
  return at < 0 ? null : (words[at + 1] ?? null);
}

/** The command that a program runs, options and operands of its own skipped; empty where it runs none. */
function commandRunBy(name: string, words: readonly string[]): readonly string[] {
  if (name === "find") {
    const at = words.findIndex((word) => /^-(?:exec|execdir|ok|okdir)$/.test(word));
    return at < 0 ? [] : words.slice(at + 1);
  }
  const runner = Object.hasOwn(RUNNERS, name) ? RUNNERS[name] : undefined;
  if (runner === undefined) return [];
  let at = 0;
  let operands = runner.operands;
  for (; at < words.length; at++) {
    const word = words[at] ?? "";
    // `command -v name` only asks where it is.
    if (name === "command" && /^-[vV]$/.test(word)) return [];
    if (/^-[A-Za-z]$/.test(word) && runner.valued.includes(word.charAt(1))) at += 1;
    else if (/^-/.test(word) || /^[A-Za-z_]\w*=/.test(word)) continue;
    else if (operands > 0) operands -= 1;
    else break;
  }
  return words.slice(at);
}

function commandOf(args: unknown): string {
  return typeof args === "object" && args !== null && "command" in args && typeof args.command === "string"
    ? args.command
    : "";
}

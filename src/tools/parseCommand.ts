// Turns a command as an agent writes it into a tool and its arguments. It runs nothing and sees no sandbox.
import { z } from "zod";
import type { Tool } from "../core/tool.ts";

/** The tool that takes every command whose first word names no other. */
export const SHELL = "shell";

export interface ParsedCommand {
  readonly tool: string;
  readonly arguments: { readonly [name: string]: unknown };
}

/**
 * Reads one command. The first word of its first line picks the tool; without a match the whole is for the shell.
 * A string says what is wrong with it, and then nothing may be run.
 */
export function parseCommand(tools: readonly Tool[], command: string): ParsedCommand | string {
  const text = command.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
  if (text === "") return "The command is empty.";
  const lines = text.split("\n");
  const head = /^\s*(\S+)(.*)$/s.exec(lines[0] ?? "");
  const tool = tools.find(({ name }) => name === head?.[1]);
  if (tool === undefined) {
    return tools.some(({ name }) => name === SHELL)
      ? { tool: SHELL, arguments: { command: text } }
      : `\`${head?.[1] ?? ""}\` is none of your tools: ${tools.map(({ name }) => `\`${name}\``).join(", ")}.`;
  }
  const rest = head?.[2] ?? "";
  const more = lines.slice(1);
  if (tool.name === SHELL)
    return asArguments(tool, tool.parseText([rest.trimStart(), ...more].join("\n"), null));
  if (tool.endMarker === null) {
    const extra = more.some((line) => line.trim() !== "");
    return extra
      ? `\`${tool.name}\` is a command of one line, but more lines follow it. Write one command only.`
      : asArguments(tool, tool.parseText(rest, null));
  }
  return parseBody(tool, tool.endMarker, rest, more);
}

function parseBody(
  tool: Tool,
  endMarker: string,
  rest: string,
  more: readonly string[],
): ParsedCommand | string {
  const end = more.findIndex((line) => line.trim() === endMarker);
  if (end < 0) {
    return `\`${tool.name}\` has no end: after the new lines write \`${endMarker}\` alone on a line.`;
  }
  if (end < more.length - 1) {
    return `There are more lines after \`${endMarker}\`. Write one command only.`;
  }
  const body = more
    .slice(0, end)
    .map((line) => `${line}\n`)
    .join("");
  return asArguments(tool, tool.parseText(rest, body));
}

function asArguments(tool: Tool, parsed: unknown): ParsedCommand | string {
  if (typeof parsed === "string") return parsed;
  const valid = tool.arguments.safeParse(parsed);
  if (!valid.success) return `The arguments of \`${tool.name}\` do not fit.\n${z.prettifyError(valid.error)}`;
  if (!isRecord(valid.data)) return `The arguments of \`${tool.name}\` cannot be used.`;
  return { tool: tool.name, arguments: valid.data };
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

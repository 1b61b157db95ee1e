// The command line as Markdown, from the commander program itself: commands, arguments, options, exit codes.
import type { Command } from "commander";
import { EXIT_MEANINGS } from "../../src/cli/command.ts";
import { tableCell } from "./tableCell.ts";

/** One section a command, nested commands after their parent. */
export function commandPages(program: Command): string {
  const commands = program.commands.flatMap((command) => commandSections(program.name(), command));
  return [...commands, exitCodes()].join("\n\n");
}

function commandSections(parent: string, command: Command): string[] {
  const name = `${parent} ${command.name()}`;
  if (command.commands.length > 0) {
    const intro = `## ${name}\n\n${sentence(command.description())}`;
    return [intro, ...command.commands.flatMap((inner) => commandSections(name, inner))];
  }
  const options = command.options.filter((option) => !option.hidden);
  const takes = options.length > 0 ? command.usage() : command.usage().replace(/^\[options\] ?/, "");
  const usage = `\`\`\`sh\nnpx ${name} ${takes}`.trimEnd();
  const parts = [`## ${name}`, sentence(command.description()), `${usage}\n\`\`\``];
  if (command.registeredArguments.length > 0) {
    const rows = command.registeredArguments.map(
      (argument) =>
        `| \`${argument.name()}\`${argument.required ? "" : " (may be left out)"} | ${tableCell(argument.description)} |`,
    );
    parts.push(["| argument | |", "|---|---|", ...rows].join("\n"));
  }
  if (options.length > 0) {
    const rows = options.map(
      (option) =>
        `| ${tableCell(`\`${option.flags}\``)} | ${tableCell(option.description)}${defaultText(option.defaultValue)} |`,
    );
    parts.push(["| option | |", "|---|---|", ...rows].join("\n"));
  }
  return [parts.join("\n\n")];
}

function exitCodes(): string {
  const rows = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return ["## Exit codes", "", "| code | |", "|---|---|", ...rows].join("\n");
}

function defaultText(value: unknown): string {
  const isNothing = value === undefined || value === false || (Array.isArray(value) && value.length === 0);
  return isNothing ? "" : ` (default: \`${value}\`)`;
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

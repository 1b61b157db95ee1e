// The command line: one file per command, errors as one sentence, exit codes 0 done, 1 fell short, 2 bad input, 130 interrupted.
import { Command, CommanderError } from "commander";
import { createWorld } from "../compose/world.ts";
import { errorText, StoreError, UserError } from "../core/errors.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { evaluateCommand } from "./evaluate.ts";
import { exportCommand } from "./export.ts";
import { resumeCommand } from "./resume.ts";
import { runCommand } from "./run.ts";
import { showCommand } from "./show.ts";
import { statusCommand } from "./status.ts";
import { tasksCommand } from "./tasks.ts";

const COMMANDS: readonly AddCommand[] = [
  runCommand,
  resumeCommand,
  statusCommand,
  showCommand,
  tasksCommand,
  evaluateCommand,
  exportCommand,
];

/** Runs one command line and returns its exit code. Never throws. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const world = await createWorld();
  const program = new Command("nightshift")
    .description("Turns a folder of ML-research tasks into training data overnight.")
    .version(world.codeVersion)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showHelpAfterError(false);
  for (const add of COMMANDS) {
    add(program, world, (code) => {
      exitCode = code;
    });
  }
  for (const command of program.commands) command.exitOverride().configureOutput({ outputError: () => {} });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    world.complain(sentence(error));
    return error instanceof CommanderError || error instanceof UserError || error instanceof StoreError
      ? EXIT.badInput
      : EXIT.short;
  }
}

/** One sentence for any error; what is not the user's doing says so. */
function sentence(error: unknown): string {
  if (error instanceof CommanderError) return error.message.replace(/^error: /, "").replaceAll(/\s+/g, " ");
  if (error instanceof UserError || error instanceof StoreError) return error.message;
  return `nightshift broke: ${errorText(error)}`;
}

// The command line as a commander program: every command, and what its exit codes mean. It parses nothing by itself.
import { Command } from "commander";
import type { World } from "../compose/world.ts";
import { benchCommand } from "./bench.ts";
import { type AddCommand, EXIT_MEANINGS } from "./command.ts";
import { curateCommand } from "./curate.ts";
import { dataCommand } from "./data.ts";
import { doctorCommand } from "./doctor.ts";
import { evaluateCommand } from "./evaluate.ts";
import { exportCommand } from "./export.ts";
import { gcCommand } from "./gc.ts";
import { imagesCommand } from "./images.ts";
import { importCommand } from "./import.ts";
import { memoryCommand } from "./memory.ts";
import { planCommand } from "./plan.ts";
import { pushCommand } from "./push.ts";
import { replayCheckCommand } from "./replayCheck.ts";
import { rerunCommand } from "./rerun.ts";
import { resumeCommand } from "./resume.ts";
import { runCommand } from "./run.ts";
import { serveCommand } from "./serve.ts";
import { shellCommand } from "./shell.ts";
import { showCommand } from "./show.ts";
import { statusCommand } from "./status.ts";
import { tasksCommand } from "./tasks.ts";
import { verifyCommand } from "./verify.ts";

const COMMANDS: readonly AddCommand[] = [
  planCommand,
  runCommand,
  resumeCommand,
  statusCommand,
  showCommand,
  tasksCommand,
  dataCommand,
  imagesCommand,
  evaluateCommand,
  benchCommand,
  curateCommand,
  exportCommand,
  pushCommand,
  memoryCommand,
  importCommand,
  replayCheckCommand,
  doctorCommand,
  gcCommand,
  rerunCommand,
  shellCommand,
  verifyCommand,
  serveCommand,
];

/**
 * The program with all its commands, which take over how it ends and complains. Contract: it throws CommanderError where commander would
 * end the process, and prints no complaint.
 */
export function programOf(world: World, done: (exitCode: number) => void): Command {
  const program = new Command("nightshift")
    .description("Turns a folder of ML-research tasks into training data overnight.")
    .version(world.codeVersion)
    .exitOverride()
    .configureOutput({ outputError: () => {}, writeErr: () => {} })
    .showHelpAfterError(false);
  for (const add of COMMANDS) add(program, world, done);
  const exits = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `${code} ${meaning}`);
  return program.addHelpText("after", `\nExit codes: ${exits.join("; ")}.`);
}

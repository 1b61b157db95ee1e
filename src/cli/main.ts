// Runs one command line: errors come out as one sentence, and every ending has its exit code.
import { CommanderError } from "commander";
import { createWorld } from "../compose/world.ts";
import { errorText, StoreError, UserError } from "../core/errors.ts";
import { EXIT } from "./command.ts";
import { programOf } from "./program.ts";

/** Runs one command line and returns its exit code. Never throws. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const world = await createWorld();
  const program = programOf(world, (code) => {
    exitCode = code;
  });
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

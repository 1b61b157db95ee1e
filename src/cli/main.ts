// Runs one command line: errors come out as one sentence, and every ending has its exit code.
import { CommanderError } from "commander";
import { createWorld } from "../compose/world.ts";
import { errorText, StoreError, UserError } from "../core/errors.ts";
import { EXIT } from "./command.ts";
import { guardCrashes } from "./crash.ts";
import { programOf } from "./program.ts";

/** Runs one command line and returns its exit code. Never throws. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const world = await createWorld();
  const unguarded = guardCrashes(world);
  const program = programOf(world, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    world.complain(sentence(error, args));
    return error instanceof CommanderError || error instanceof UserError || error instanceof StoreError
      ? EXIT.badInput
      : EXIT.short;
  } finally {
    unguarded();
  }
}

/** One sentence for any error; what is not the user's doing says so. */
function sentence(error: unknown, args: readonly string[]): string {
  if (error instanceof CommanderError) return usageSentence(error, args);
  if (error instanceof UserError || error instanceof StoreError) return error.message;
  return `nightshift broke: ${errorText(error)}`;
}

/** commander's complaint with its suggestion, or where the right names are listed, in one sentence. */
function usageSentence({ code, message }: CommanderError, args: readonly string[]): string {
  const words = args.filter((arg) => !arg.startsWith("-"));
  if (code === "commander.help") {
    const command = ["nightshift", ...words].join(" ");
    return `\`${command}\` needs a command behind it; \`${command} --help\` lists those there are`;
  }
  const [what = "", hint = ""] = message.replace(/^error: /, "").split("\n");
  const near = /Did you mean (.*)\?/.exec(hint)?.[1];
  if (near !== undefined) return `${what}; did you mean \`${near}\`?`;
  const help = code === "commander.unknownCommand" ? "nightshift" : `nightshift ${words[0] ?? ""}`.trim();
  return `${what.replace(/\.$/, "")}; \`${help} --help\` says what there is`;
}

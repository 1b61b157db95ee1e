// `memory merge RUN…`: joins what rollouts wrote down to the memory that later rollouts read.
import { mergeMemory } from "../compose/mergeMemory.ts";
import { type AddCommand, EXIT } from "./command.ts";

export const memoryCommand: AddCommand = (program, world, done) => {
  program
    .command("memory")
    .description("notes that agents write down and later ones read")
    .command("merge")
    .description("add what the rollouts of finished runs wrote down (memory_write) to a memory file")
    .argument("<runs...>", "run directories, in the order in which their notes shall stand")
    .requiredOption(
      "--into <file>",
      "the memory file, made where there is none; copy it first to keep the old epoch's",
    )
    .option("--untrained", "add notes of benchmark and held-out tasks too", false)
    .action(async (runs: readonly string[], { into, untrained }: { into: string; untrained: boolean }) => {
      const { notes, addedCount, repeatedCount, droppedCount, leftOutCount } = await mergeMemory({
        runs,
        into,
        untrained,
      });
      const parts = [
        `${addedCount} added`,
        `${repeatedCount} said already`,
        ...(droppedCount > 0 ? [`${droppedCount} of the oldest gave way`] : []),
        ...(leftOutCount > 0
          ? [`${leftOutCount} left out, of benchmark or held-out tasks (--untrained adds them)`]
          : []),
      ];
      world.say(`${into}: ${notes.length} notes (${parts.join(", ")})`);
      done(EXIT.done);
    });
};

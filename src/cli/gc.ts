// `gc`: removes what killed runs left behind (containers, sockets, scratch folders, cgroups), never what a living one owns.
import { collectGarbage } from "../compose/gc.ts";
import { type AddCommand, EXIT } from "./command.ts";

export const gcCommand: AddCommand = (program, world, done) => {
  program
    .command("gc")
    .description("remove what killed runs left behind, on every backend that answers")
    .option("--run <run>", "a run directory: all of that run's, also what has not expired")
    .option("--dry-run", "only say what would be removed")
    .action(async (options: { run?: string; dryRun?: boolean }) => {
      const dryRun = options.dryRun ?? false;
      const garbage = await collectGarbage(world, { run: options.run ?? null, dryRun });
      for (const { place, answers, found } of garbage) {
        if (!answers) {
          world.say(`${place}: does not answer, not looked at`);
          continue;
        }
        world.say(`${place}: ${found.length} ${dryRun ? "would be removed" : "removed"}`);
        for (const what of found) world.say(`  ${what}`);
      }
      done(EXIT.done);
    });
};

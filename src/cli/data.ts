// `data prepare` and `data list`: the data that tasks bring from elsewhere, fetched once into the cache.
import { dataRows, prepareTasks } from "../compose/data.ts";
import { UserError } from "../core/errors.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { textTable } from "./table.ts";

const MEGABYTE = 1_000_000;

export const dataCommand: AddCommand = (program, world, done) => {
  const data = program.command("data").description("the data that tasks bring from elsewhere");
  data
    .command("list")
    .description(
      "every task that brings data: licence, size, where it comes from, and whether it is prepared here",
    )
    .action(async () => {
      const rows = (await dataRows(world)).map(({ id, data: { licence, bytes }, sources, state }) => [
        id,
        licence,
        `${(bytes / MEGABYTE).toFixed(1)} MB`,
        state,
        sources.join(", "),
      ]);
      world.say(textTable(["task", "licence", "fetched", "here", "from"], rows));
    });
  data
    .command("prepare")
    .description("fetch and prepare the data of tasks; what is in the cache is not fetched again")
    .argument("<task...>", "tasks or families by their ids")
    .option("--record", "write the hashes of what was prepared into data.yaml", false)
    .option("--verify", "hash what is prepared anew instead of preparing", false)
    .action(async (ids: string[], options: { record: boolean; verify: boolean }) => {
      if (options.record && options.verify) {
        throw new UserError("--verify only looks, and --record writes what was prepared; take one of them");
      }
      const stop = new AbortController();
      const release = world.onInterrupt(() => stop.abort(new Error("interrupted")));
      try {
        const faults = await prepareTasks(world, ids, options, stop.signal);
        for (const fault of faults) world.complain(fault);
        done(faults.length === 0 ? EXIT.done : EXIT.short);
      } catch (error) {
        if (!stop.signal.aborted) throw error;
        world.complain("interrupted; what was fetched so far is kept");
        done(EXIT.interrupted);
      } finally {
        release();
      }
    });
};

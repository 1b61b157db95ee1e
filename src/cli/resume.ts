// `resume RUN`: goes on where a run stopped. What is finished stays finished; a finished run is left as it is.
import { checkPlan } from "../compose/place.ts";
import { planOf } from "../compose/plan.ts";
import { openPlannedRun } from "../compose/runs.ts";
import { checkSameRules, hasItsDataset, readStoredRun } from "../compose/storedRun.ts";
import { type AddCommand, collect, EXIT } from "./command.ts";
import { checkedDeadline, DEADLINE_OPTION } from "./deadline.ts";
import { playSession } from "./session.ts";

export const resumeCommand: AddCommand = (program, world, done) => {
  program
    .command("resume")
    .description("go on with a run that was interrupted, or that has been given more to do")
    .argument("<run>", "the run directory")
    .option(
      "--set <key=value>",
      "change a value of the run's pipeline, by its dotted key; repeatable",
      collect,
      [],
    )
    .option("--deadline <time>", DEADLINE_OPTION)
    .action(async (directory: string, options: { set: readonly string[]; deadline?: string }) => {
      const deadline = checkedDeadline(options.deadline, world.clock.now());
      const stored = await readStoredRun(directory, options.set);
      const isWhole = stored.reader.state.status === "complete" && (await hasItsDataset(stored));
      if (isWhole && options.set.length === 0) {
        world.say(`${directory}: complete, nothing to do.`);
        return done(EXIT.done);
      }
      const plan = await planOf(world, stored.pipeline);
      checkSameRules(plan, stored, "same");
      const place = await checkPlan(world, plan);
      done(
        await playSession(
          world,
          await openPlannedRun(world, { directory, plan, place, create: null, deadline }),
          place,
        ),
      );
    });
};

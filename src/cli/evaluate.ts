// `evaluate RUN`: judges the submissions of a finished run again, with the judge as it is now. No model call, no rollout.
import { checkPlan, openPlannedRun, planOf, readRun } from "../compose.ts";
import type { AddCommand } from "./command.ts";
import { judgeSession } from "./session.ts";

export const evaluateCommand: AddCommand = (program, world, done) => {
  program
    .command("evaluate")
    .description("judge a run's submissions again with the tasks' present judges, and write its dataset anew")
    .argument("<run>", "the run directory")
    .action(async (directory: string) => {
      const run = await readRun(world, directory, []);
      const plan = await planOf(world, run.pipeline, { ...run.tasks, judgesMayDiffer: true });
      const place = await checkPlan(world, plan);
      done(await judgeSession(world, await openPlannedRun(world, { directory, plan, place, create: null })));
    });
};

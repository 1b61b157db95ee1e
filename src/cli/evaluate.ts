// `evaluate RUN`: judges the submissions of a finished run again, with the judge as it is now. No model call, no rollout.
import { checkPlan } from "../compose/place.ts";
import { planOf } from "../compose/plan.ts";
import { openPlannedRun } from "../compose/runs.ts";
import { checkSameRules, readStoredRun } from "../compose/storedRun.ts";
import type { AddCommand } from "./command.ts";
import { judgeSession } from "./session.ts";

export const evaluateCommand: AddCommand = (program, world, done) => {
  program
    .command("evaluate")
    .description("judge a run's submissions again with the tasks' present judges, and write its dataset anew")
    .argument("<run>", "the run directory")
    .action(async (directory: string) => {
      const stored = await readStoredRun(directory, []);
      const plan = await planOf(world, stored.pipeline);
      checkSameRules(plan, stored, "mayDiffer");
      const place = await checkPlan(world, plan);
      done(await judgeSession(world, await openPlannedRun(world, { directory, plan, place, create: null })));
    });
};

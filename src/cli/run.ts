// `run PIPELINE`: validates everything, then plays the plan, judges, writes the dataset and prints what came of it.
import path from "node:path";
import { checkPlan } from "../compose/place.ts";
import { planOf, readPipeline } from "../compose/plan.ts";
import { openPlannedRun } from "../compose/runs.ts";
import { type AddCommand, collect } from "./command.ts";
import { checkedDeadline, DEADLINE_OPTION } from "./deadline.ts";
import { playSession } from "./session.ts";

interface RunOptions {
  readonly set: readonly string[];
  readonly out?: string;
  readonly deadline?: string;
}

export const runCommand: AddCommand = (program, world, done) => {
  program
    .command("run")
    .description("run a pipeline file")
    .argument("<pipeline>", "the pipeline file (YAML)")
    .option("--set <key=value>", "override a value of the file, by its dotted key; repeatable", collect, [])
    .option("--out <dir>", "the run directory (default: output/<name>-<time>)")
    .option("--deadline <time>", DEADLINE_OPTION)
    .action(async (file: string, options: RunOptions) => {
      const deadline = checkedDeadline(options.deadline, world.clock.now());
      const { pipeline, text } = await readPipeline(file, options.set);
      const plan = await planOf(world, pipeline);
      const place = await checkPlan(world, plan);
      const directory = path.resolve(
        options.out ?? path.join("output", `${pipeline.name}-${world.timeStamp()}`),
      );
      const run = await openPlannedRun(world, { directory, plan, place, create: { text }, deadline });
      done(await playSession(world, run, place));
    });
};

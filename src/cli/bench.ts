// `bench --model URL/NAME…`: plays the benchmark and reports; `bench --run RUN…`: reports on runs that are there.
import path from "node:path";
import { BENCH_PIPELINE, benchRuns, modelsSetting, writeBench } from "../compose/bench.ts";
import { checkPlan } from "../compose/place.ts";
import { planOf, readPipeline } from "../compose/plan.ts";
import { openPlannedRun } from "../compose/runs.ts";
import type { World } from "../compose/world.ts";
import { UserError } from "../core/errors.ts";
import { benchText } from "./benchText.ts";
import { type AddCommand, collect, EXIT } from "./command.ts";
import { playSession } from "./session.ts";

interface Options {
  readonly model?: readonly string[];
  readonly run?: readonly string[];
  readonly set: readonly string[];
  readonly out?: string;
}

export const benchCommand: AddCommand = (program, world, done) => {
  program
    .command("bench")
    .description("measure models by MLGym-Bench's protocol, beside published scores")
    .option(
      "--model <model...>",
      "who is measured: an OpenAI-compatible server's address with the model's name behind it, or scripted; several are compared",
    )
    .option("--run <run...>", "report on these run directories instead of playing")
    .option(
      "--set <key=value>",
      `override a value of ${BENCH_PIPELINE}, by its dotted key; repeatable`,
      collect,
      [],
    )
    .option("--out <dir>", "the run directory; with --run, the report's folder (default: the first run's)")
    .action(async (options: Options) => {
      if ((options.model === undefined) === (options.run === undefined)) {
        throw new UserError(
          "bench takes either --model, to play, or --run, to report on runs that are there",
        );
      }
      if (options.run !== undefined && options.set.length > 0) {
        throw new UserError("--set changes what is played; with --run nothing is, leave it out");
      }
      if (options.run !== undefined) {
        await tell(world, options.run, options.out ?? options.run[0] ?? ".");
        return done(EXIT.done);
      }
      const settings = [modelsSetting(options.model ?? []), ...options.set];
      const { pipeline, text } = await readPipeline(BENCH_PIPELINE, settings);
      const plan = await planOf(world, pipeline);
      const place = await checkPlan(world, plan);
      const directory = path.resolve(
        options.out ?? path.join("output", `${pipeline.name}-${world.timeStamp()}`),
      );
      const run = await openPlannedRun(world, { directory, plan, place, create: { text } });
      const exitCode = await playSession(world, run, place);
      if (exitCode === EXIT.interrupted || run.state.status === "paused" || run.pauseReason !== null) {
        world.say(`when it has gone on to its end, \`nightshift bench --run ${directory}\` reports on it`);
      } else {
        world.say("");
        await tell(world, [directory], directory);
      }
      done(exitCode);
    });
};

async function tell(world: World, directories: readonly string[], folder: string): Promise<void> {
  const report = await benchRuns(directories);
  const page = await writeBench(folder, report);
  world.say(benchText(report));
  world.say(`report ${page}, and bench.json beside it`);
}

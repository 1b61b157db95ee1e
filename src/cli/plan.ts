// `plan PIPELINE`: what a run would do, take and refuse. Spends nothing; with --pilot it plays the run's first seeds and forecasts the rest.

import path from "node:path";
import { priceOfUsage } from "../compose/models.ts";
import { checkPlan } from "../compose/place.ts";
import { planOf, readPipeline } from "../compose/plan.ts";
import { openPlannedRun } from "../compose/runs.ts";
import { readStoredRun } from "../compose/storedRun.ts";
import type { World } from "../compose/world.ts";
import { UserError } from "../core/errors.ts";
import { sessionMsMax } from "../pipeline/deadline.ts";
import { forecast, NOTHING_PLAYED, type Played } from "../pipeline/forecast.ts";
import { overBudget } from "../pipeline/overBudget.ts";
import type { Plan } from "../pipeline/plan.ts";
import { planWarnings } from "../pipeline/planWarnings.ts";
import { borrowedSamples } from "../pipeline/samples.ts";
import { type AddCommand, collect, EXIT } from "./command.ts";
import { forecastText, planTable } from "./forecastText.ts";
import { pilotSession } from "./session.ts";

const PILOT_MAX = 1_000;

interface PlanOptions {
  readonly set: readonly string[];
  readonly from?: string;
  readonly pilot?: string;
  readonly out?: string;
}

export const planCommand: AddCommand = (program, world, done) => {
  program
    .command("plan")
    .description("what a pipeline would do, take and refuse; spends nothing without --pilot")
    .argument("<pipeline>", "the pipeline file (YAML)")
    .option("--set <key=value>", "override a value of the file, by its dotted key; repeatable", collect, [])
    .option("--from <run>", "take tokens and time from what this run has played of the same tasks")
    .option(
      "--pilot <n>",
      "play the first n seeds of each cell, which stay part of the run, and forecast from them",
    )
    .option("--out <dir>", "with --pilot: the run directory (default: output/<name>-<time>)")
    .action(async (file: string, options: PlanOptions) => {
      if (options.out !== undefined && options.pilot === undefined) {
        throw new UserError("--out needs --pilot: a plan alone writes nothing");
      }
      const count = options.pilot === undefined ? 0 : pilotCount(options.pilot);
      const { pipeline, text } = await readPipeline(file, options.set);
      const plan = await planOf(world, pipeline);
      const expected = forecast(plan, await playedBefore(world, plan, options.from));
      world.say(planTable(plan, expected));
      world.say(forecastText(plan, expected));
      const over = overBudget(expected, pipeline.budgets, sessionMsMax(pipeline.budgets, world.clock.now()));
      if (over !== null) world.say(over);
      const place = await checkPlan(world, plan).catch((error: unknown) => {
        if (error instanceof UserError) throw new UserError(`a run would be refused: ${error.message}`);
        throw error;
      });
      if (options.pilot === undefined) {
        const ground = { backend: place.capabilities.backend, coreCount: world.coreCount };
        for (const warning of planWarnings(plan, ground)) world.say(`warning: ${warning}`);
        world.say("a run would start: nothing was spent, nothing was written");
        return done(EXIT.done);
      }
      const directory = path.resolve(
        options.out ?? path.join("output", `${pipeline.name}-${world.timeStamp()}`),
      );
      const run = await openPlannedRun(world, { directory, plan, place, create: { text } });
      done(await pilotSession(world, run, place, count));
    });
};

function pilotCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= PILOT_MAX) return count;
  throw new UserError(`--pilot ${text}: must be a whole number from 1 to ${PILOT_MAX}`);
}

async function playedBefore(world: World, plan: Plan, from: string | undefined): Promise<Played> {
  if (from === undefined) return NOTHING_PLAYED;
  const stored = await readStoredRun(from, []);
  const other = await planOf(world, stored.pipeline);
  const borrowed = borrowedSamples(plan, other, stored.reader.state, priceOfUsage);
  if (borrowed.samples.length === 0) {
    throw new UserError(`--from ${from}: it has no ended rollout of any task in this plan`);
  }
  return { ...NOTHING_PLAYED, ...borrowed };
}

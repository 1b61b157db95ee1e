// How a session of a run looks on the terminal: a pilot and its forecast, progress while it lasts, then funnel, scores beside baselines,
// and where the dataset lies; or in one line why it stopped.
import path from "node:path";
import { exportRecipe } from "../compose/exports.ts";
import { type Place, placeText } from "../compose/place.ts";
import type { World } from "../compose/world.ts";
import { errorText, UserError } from "../core/errors.ts";
import { exhaustion } from "../core/exhausted.ts";
import { overBudget } from "../pipeline/overBudget.ts";
import type { PlannedRun } from "../pipeline/plannedRun.ts";
import { planWarnings } from "../pipeline/planWarnings.ts";
import type { Again } from "../pipeline/playedAgain.ts";
import type { RunEnding } from "../pipeline/runPipeline.ts";
import { summariseCells } from "../pipeline/summary.ts";
import { EXIT } from "./command.ts";
import { endpointLines } from "./endpointText.ts";
import { forecastText } from "./forecastText.ts";
import { showProgress } from "./progress.ts";
import { signalCountsText } from "./signalText.ts";
import { begunAnewText, exportText, funnelText, scoreTable } from "./summaryText.ts";

/**
 * Plays a run to its end, pause or interruption, writes its dataset, and returns the exit code. Where the pipeline has a pilot that nobody
 * has seen the forecast of, that comes first. `again` says which failed rollouts are played once more.
 */
export async function playSession(
  world: World,
  run: PlannedRun,
  place: Place,
  again: Again = "all",
): Promise<number> {
  return inSession(world, run, async (signal) => {
    sayStart(world, run, place, again);
    const { pilot } = run.plan.pipeline;
    let failedAgain = again;
    // Resuming a run that has shown its forecast and paused is the answer to it.
    const isAnswered = run.state.pauses.some(({ cause }) => cause === "forecast");
    if (pilot !== null && !isAnswered) {
      // What the pilot fails has had its tries in this session.
      if (!run.isPiloted(pilot.rolloutsPerCell)) failedAgain = new Set();
      const early = await playPilot(world, run, pilot.rolloutsPerCell, signal, again);
      if (early !== null) return early;
      const over = overBudget(run.forecast(), run.plan.pipeline.budgets, run.sessionMsLeft());
      if (over !== null && pilot.onOverBudget === "stop") return await pauseAfterPilot(world, run, over);
      if (over !== null) world.complain(`${over}; going on, as pilot.onOverBudget says`);
    }
    const ending = await shown(world, run, () => run.play(signal, { again: failedAgain }));
    return await stopped(world, run, ending, signal);
  });
}

/** Plays the first seeds of each cell, prints the forecast, and leaves the rest of the run to `resume`. */
export async function pilotSession(
  world: World,
  run: PlannedRun,
  place: Place,
  rolloutsPerCell: number,
): Promise<number> {
  return inSession(world, run, async (signal) => {
    sayStart(world, run, place, "all");
    const early = await playPilot(world, run, rolloutsPerCell, signal);
    if (early !== null) return early;
    const over = overBudget(run.forecast(), run.plan.pipeline.budgets, run.sessionMsLeft());
    if (over !== null) return await pauseAfterPilot(world, run, over);
    await run.pauseFor("forecast", "the pilot is played and the forecast shown");
    world.say(`go on with \`nightshift resume ${run.directory}\`; the pilot's rollouts are part of the run`);
    return EXIT.done;
  });
}

/** Judges every ended rollout of a run again and writes its dataset anew. */
export async function judgeSession(world: World, run: PlannedRun): Promise<number> {
  return inSession(world, run, async (signal) => {
    const counts = await run.judgeAgain(signal);
    world.say(
      `judged again: ${counts.evaluations} evaluations, ${counts.modelCalls} model calls, ${counts.rollouts} rollouts`,
    );
    return await writeAndTell(world, run, "played", signal);
  });
}

/** Signals, files and notices around a session; a session that breaks is told of, too. */
async function inSession(
  world: World,
  run: PlannedRun,
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const interrupt = new AbortController();
  const giveBack = world.onInterrupt(() => {
    world.say(
      "stopping: rollouts are kept at their next step, and go on there with `resume`; again to end at once",
    );
    interrupt.abort();
  });
  try {
    return await work(interrupt.signal);
  } catch (error) {
    // An interrupt may come while the judge works or the dataset is written, too.
    if (interrupt.signal.aborted) {
      await run.end("interrupted");
      return await sayInterrupted(world, run);
    }
    const lack = exhaustion(error);
    if (lack !== null) return await sayPaused(world, run, lack.message);
    await run.tell("failed", errorText(error));
    throw error;
  } finally {
    giveBack();
    await run.close();
  }
}

function sayStart(world: World, run: PlannedRun, place: Place, again: Again): void {
  world.say(`run ${run.directory}`);
  world.say(placeText(place));
  const ground = { backend: place.capabilities.backend, coreCount: world.coreCount };
  for (const warning of planWarnings(run.plan, ground)) world.complain(`warning: ${warning}`);
  const anew = run.begunAnew(again);
  if (anew.rollouts > 0) world.say(begunAnewText("begins anew", anew));
  const { rollouts } = run.plan.pipeline.concurrency;
  if (run.rolloutsAtOnce < rollouts) {
    world.complain(
      `warning: concurrency.rollouts: this process may open too few files for ${rollouts} rollouts at a time; ${run.rolloutsAtOnce} are played at a time and the rest wait; raise \`ulimit -n\``,
    );
  }
}

/** Null when the pilot was played to its end and the forecast printed; else the exit code. */
async function playPilot(
  world: World,
  run: PlannedRun,
  seedsMax: number,
  signal: AbortSignal,
  again: Again = "all",
): Promise<number | null> {
  if (!run.isPiloted(seedsMax)) {
    world.say(
      `run ${run.directory}: a pilot of ${seedsMax} rollouts in each of ${run.plan.cells.length} cells`,
    );
    const ending = await shown(world, run, () => run.play(signal, { seedsMax, again }));
    if (ending !== "played") return await stopped(world, run, ending, signal);
  }
  world.say(forecastText(run.plan, run.forecast()));
  return null;
}

async function pauseAfterPilot(world: World, run: PlannedRun, why: string): Promise<number> {
  await run.pauseFor("forecast", why);
  world.complain(
    `paused after the pilot: ${why}; raise the budget with --set, or accept it with \`nightshift resume ${run.directory}\``,
  );
  await run.tell("paused", why);
  return EXIT.short;
}

async function shown(world: World, run: PlannedRun, play: () => Promise<RunEnding>): Promise<RunEnding> {
  // Whoever plays at the terminal has it alone.
  if (run.plan.pipeline.cells.models.some(({ wire }) => wire === "human")) return play();
  const view = showProgress(() => run.progress(), world.out);
  return play().finally(() => view.close());
}

/** What follows the end of playing. */
async function stopped(
  world: World,
  run: PlannedRun,
  ending: RunEnding,
  signal: AbortSignal,
): Promise<number> {
  for (const line of endpointLines(run.state, world.clock.now())) world.say(line);
  if (ending === "interrupted") return await sayInterrupted(world, run);
  if (ending === "paused") {
    return await sayPaused(world, run, run.pauseReason ?? "");
  }
  return await writeAndTell(world, run, ending, signal);
}

async function sayPaused(world: World, run: PlannedRun, reason: string): Promise<number> {
  world.say(funnelText(run.progress().books));
  world.complain(`paused: ${reason}; when it is mended, go on with \`nightshift resume ${run.directory}\``);
  await run.tell("paused", reason);
  return EXIT.short;
}

async function sayInterrupted(world: World, run: PlannedRun): Promise<number> {
  world.say(`interrupted: go on with \`nightshift resume ${run.directory}\``);
  await run.tell("interrupted", null);
  return EXIT.interrupted;
}

async function writeAndTell(
  world: World,
  run: PlannedRun,
  ending: string,
  signal: AbortSignal,
): Promise<number> {
  const written = await run.writeDataset(signal);
  const { books } = run.progress();
  world.say("");
  world.say(scoreTable(summariseCells(run.plan, run.state)));
  world.say("");
  world.say(funnelText(books));
  world.say(signalCountsText(run.signals()));
  const { tables, keptRows } = written.manifest;
  world.say(
    `dataset ${run.datasetDirectory} (${tables.trajectories.rows} trajectories, ${keptRows} kept, ${tables.steps.rows} steps)`,
  );
  const failed: string[] = [];
  for (const recipe of run.plan.pipeline.stages.export) {
    const { allow } = run.plan.pipeline;
    const sources = [{ datasetDir: run.datasetDirectory, allow }];
    const outDir = path.join(run.exportsDirectory, recipe);
    try {
      const { report } = await exportRecipe({ sources, outDir, recipe }, signal);
      world.say(exportText(recipe, outDir, report));
      for (const note of report.notes) world.say(note);
    } catch (error) {
      // The run is done and written whatever becomes of an export of it.
      if (!(error instanceof UserError)) throw error;
      failed.push(`export ${recipe}: ${error.message}`);
    }
  }
  const why = run.shortfall(ending) ?? failed[0] ?? null;
  await run.end(why === null ? "complete" : "short");
  await run.tell(why === null ? "complete" : "short", why);
  if (why === null) return EXIT.done;
  world.complain(`fell short: ${why}`);
  return EXIT.short;
}

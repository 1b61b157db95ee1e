// How a session of a run looks on the terminal: progress while it lasts, then funnel, scores beside baselines, and where the dataset lies.
import { exportRecipe } from "../compose/exports.ts";
import { type Place, placeText } from "../compose/place.ts";
import type { World } from "../compose/world.ts";
import type { PlannedRun } from "../pipeline/plannedRun.ts";
import { planWarnings } from "../pipeline/planWarnings.ts";
import { summariseCells } from "../pipeline/summary.ts";
import { EXIT } from "./command.ts";
import { showProgress } from "./progress.ts";
import { exportText, funnelText, scoreTable } from "./summaryText.ts";

/** Plays a run to its end or interruption, writes its dataset, and returns the exit code. */
export async function playSession(world: World, run: PlannedRun, place: Place): Promise<number> {
  const interrupt = new AbortController();
  const giveBack = world.onInterrupt(() => {
    world.say("stopping: running rollouts are cut off and stay owed; again to end at once");
    interrupt.abort();
  });
  try {
    world.say(`run ${run.directory}`);
    world.say(placeText(place));
    const ground = { backend: place.capabilities.backend, coreCount: world.coreCount };
    for (const warning of planWarnings(run.plan, ground)) world.complain(`warning: ${warning}`);
    const view = showProgress(() => run.progress(), world.out);
    const ending = await run.play(interrupt.signal).finally(() => view.close());
    if (ending === "interrupted") {
      world.say(`interrupted: go on with \`nightshift resume ${run.directory}\``);
      return EXIT.interrupted;
    }
    return await writeAndTell(world, run, ending, interrupt.signal);
  } catch (error) {
    return await stopped(world, run, interrupt.signal, error);
  } finally {
    giveBack();
    await run.close();
  }
}

/** Judges every ended rollout of a run again and writes its dataset anew. */
export async function judgeSession(world: World, run: PlannedRun): Promise<number> {
  const interrupt = new AbortController();
  const giveBack = world.onInterrupt(() => interrupt.abort());
  try {
    const counts = await run.judgeAgain(interrupt.signal);
    world.say(
      `judged again: ${counts.evaluations} evaluations, ${counts.modelCalls} model calls, ${counts.rollouts} rollouts`,
    );
    return await writeAndTell(world, run, "played", interrupt.signal);
  } catch (error) {
    return await stopped(world, run, interrupt.signal, error);
  } finally {
    giveBack();
    await run.close();
  }
}

/** An interrupt that came while the judge worked or the dataset was written; anything else is thrown on. */
async function stopped(world: World, run: PlannedRun, signal: AbortSignal, error: unknown): Promise<number> {
  if (!signal.aborted) throw error;
  await run.end("interrupted");
  world.say(`interrupted: go on with \`nightshift resume ${run.directory}\``);
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
  const { tables, keptRows } = written.manifest;
  world.say(
    `dataset ${run.datasetDirectory} (${tables.trajectories.rows} trajectories, ${keptRows} kept, ${tables.steps.rows} steps)`,
  );
  for (const recipe of run.plan.pipeline.stages.export) {
    const { allow } = run.plan.pipeline;
    const { datasetDirectory: datasetDir, exportsDirectory: exportsDir } = run;
    const { outDir, report } = await exportRecipe({ datasetDir, exportsDir, recipe, allow }, signal);
    world.say(exportText(recipe, outDir, report));
  }
  const why = run.shortfall(ending);
  await run.end(why === null ? "complete" : "short");
  if (why === null) return EXIT.done;
  world.complain(`fell short: ${why}`);
  return EXIT.short;
}

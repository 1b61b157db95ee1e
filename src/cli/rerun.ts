// `rerun RUN`: plays rollouts again that infrastructure failed, as a counted retry under the same key. What was judged is never rerun.
import { checkPlan } from "../compose/place.ts";
import { planOf } from "../compose/plan.ts";
import { openPlannedRun } from "../compose/runs.ts";
import { checkSameRules, readStoredRun } from "../compose/storedRun.ts";
import { LOST } from "../core/books.ts";
import { UserError } from "../core/errors.ts";
import { outcomeText } from "../core/outcome.ts";
import { chooseFailed, parseWhere } from "../pipeline/chooseFailed.ts";
import { type AddCommand, collect, EXIT } from "./command.ts";
import { playSession } from "./session.ts";
import { textTable } from "./table.ts";

interface RerunOptions {
  readonly where?: string;
  readonly dryRun?: boolean;
  readonly set: readonly string[];
}

export const rerunCommand: AddCommand = (program, world, done) => {
  program
    .command("rerun")
    .description("play rollouts again that infrastructure failed, as counted retries under the same keys")
    .argument("<run>", "the run directory")
    .option(
      "--where <conditions>",
      "only those that match all: class=failed:sandbox,task=ID,model=NAME,key=START (default: every failed one)",
    )
    .option("--dry-run", "say what would be played again, and do nothing")
    .option("--set <key=value>", "change a value of the run's pipeline; repeatable", collect, [])
    .action(async (directory: string, options: RerunOptions) => {
      const stored = await readStoredRun(directory, options.set);
      const plan = await planOf(world, stored.pipeline);
      checkSameRules(plan, stored, "same");
      const { state } = stored.reader;
      const chosen = chooseFailed(plan, state, parseWhere(options.where ?? ""), directory);
      if (chosen.length === 0) {
        throw new UserError(
          `${directory}: no failed rollout matches${options.where === undefined ? "" : ` --where ${options.where}`}; \`nightshift status ${directory}\` counts them by class`,
        );
      }
      const rows = chosen.map(({ rollout, planned }) => [
        rollout.key.slice(0, 12),
        planned.cell.taskId,
        planned.model.name,
        String(rollout.seedIndex),
        String(rollout.retry + 1),
        state.lost.has(rollout.key) ? LOST : rollout.outcome === null ? "–" : outcomeText(rollout.outcome),
      ]);
      world.say(textTable(["key", "task", "model", "seed", "next try", "was"], rows));
      if (options.dryRun) {
        world.say(`${chosen.length} rollouts would be played again; nothing was done`);
        return done(EXIT.done);
      }
      const place = await checkPlan(world, plan);
      const run = await openPlannedRun(world, { directory, plan, place, create: null });
      done(await playSession(world, run, place, new Set(chosen.map(({ rollout }) => rollout.key))));
    });
};

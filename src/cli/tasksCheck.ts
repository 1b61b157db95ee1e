// `tasks check`: whether tasks measure what they say, can be solved, and cannot be cheated. A table, and a sentence for each defect.
import { checkTasks, type TaskReport } from "../compose/checkTasks.ts";
import { UserError } from "../core/errors.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { durationText, shortNumber, textTable } from "./table.ts";

const SEEDS_MAX = 100;

interface CheckOptions {
  readonly all: boolean;
  readonly backend: string;
  readonly record: boolean;
  readonly seeds: string;
}

export const addTasksCheck: AddCommand = (tasks, world, done) => {
  tasks
    .command("check")
    .description("try tasks out: baseline, solutions, noise, forged submissions, leaks, times")
    .argument("[ids...]", "tasks to check (default: those in ./tasks)")
    .option("--all", "every task there is, the shipped ones too", false)
    .option("--backend <name>", "where judges run: auto, process, bubblewrap, docker or podman", "auto")
    .option("--record", "write the measured baseline, noise and solution scores into task.yaml", false)
    .option("--seeds <n>", "judge seeds that the starter is scored with", "8")
    .action(async (ids: readonly string[], options: CheckOptions) => {
      const seeds = Number(options.seeds);
      if (!Number.isInteger(seeds) || seeds < 2 || seeds > SEEDS_MAX) {
        throw new UserError(`--seeds ${options.seeds}: must be a whole number from 2 to ${SEEDS_MAX}`);
      }
      const interrupt = new AbortController();
      const giveBack = world.onInterrupt(() => interrupt.abort());
      const reports: TaskReport[] = [];
      try {
        for await (const report of checkTasks(world, { ...options, ids, seeds }, interrupt.signal)) {
          reports.push(report);
          const verdict = report.defects.length === 0 ? "sound" : `${report.defects.length} defects`;
          world.say(`${report.task}: ${verdict}, ${durationText(report.seconds * 1000)}`);
        }
      } catch (error) {
        if (!interrupt.signal.aborted) throw error;
        done(EXIT.interrupted);
        return;
      } finally {
        giveBack();
      }
      world.say("");
      world.say(reportTable(reports));
      for (const { task, defects } of reports) for (const defect of defects) world.say(`${task}: ${defect}`);
      if (reports.some(({ forgeries, defects }) => forgeries.tried === 0 && defects.length > 0)) {
        world.say("forged submissions are tried once nothing else is wrong");
      }
      done(reports.every(({ defects }) => defects.length === 0) ? EXIT.done : EXIT.short);
    });
};

function reportTable(reports: readonly TaskReport[]): string {
  const header = ["task", "baseline", "measured", "σ", "solutions", "forgeries held", "judge s", "verdict"];
  return textTable(
    header,
    reports.map((report) => [
      report.task,
      shortNumber(report.recorded),
      shortNumber(report.measured),
      shortNumber(report.sigma),
      report.solutions.map(({ name, score }) => `${name} ${shortNumber(score)}`).join(", ") || "–",
      `${report.forgeries.held}/${report.forgeries.tried}`,
      shortNumber(Number(report.judgeSecondsMost.toFixed(2))),
      report.defects.length === 0 ? "sound" : "defective",
    ]),
  );
}

// `tasks check`: whether tasks measure what they say, can be solved, and cannot be cheated. A table, and a sentence for each defect.
import { checkTasks, type TaskReport } from "../compose/checkTasks.ts";
import { UserError } from "../core/errors.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { durationText, shortNumber, textTable } from "./table.ts";
import { writeReports } from "./taskReportFiles.ts";

const SEEDS_MAX = 100;

interface CheckOptions {
  readonly all: boolean;
  readonly backend: string;
  readonly forgeries: string;
  readonly gpu: boolean;
  readonly json: boolean;
  readonly quick: boolean;
  readonly record: boolean;
  readonly report?: string;
  readonly seeds: string;
}

export const addTasksCheck: AddCommand = (tasks, world, done) => {
  tasks
    .command("check")
    .description("try tasks out: baseline, solutions, noise, phases, forged submissions, leaks, times")
    .argument("[ids...]", "tasks to check (default: those in ./tasks)")
    .option("--all", "every task there is, the shipped ones too", false)
    .option("--backend <name>", "where judges run: auto, process, bubblewrap, docker or podman", "auto")
    .option(
      "--quick",
      "only judge the stored submissions again (solution/scores.json): seconds a task",
      false,
    )
    .option("--gpu", "tasks that need a GPU too; without it they are named and left out", false)
    .option(
      "--record",
      "write the measured baseline, noise and solution scores into task.yaml, and store what was scored",
      false,
    )
    .option("--seeds <n>", "judge seeds that the starter is scored with", "8")
    .option("--forgeries <share>", "of many tasks, the share that forgeries are tried on, spread evenly", "1")
    .option("--json", "the whole reports as JSON, and nothing else", false)
    .option("--report <dir>", "also write one page and one JSON file a task into this folder")
    .action(async (ids: readonly string[], options: CheckOptions) => {
      const seeds = Number(options.seeds);
      if (!Number.isInteger(seeds) || seeds < 2 || seeds > SEEDS_MAX) {
        throw new UserError(`--seeds ${options.seeds}: must be a whole number from 2 to ${SEEDS_MAX}`);
      }
      const forgeries = Number(options.forgeries);
      if (!(forgeries > 0 && forgeries <= 1)) {
        throw new UserError(`--forgeries ${options.forgeries}: must be above 0 and at most 1`);
      }
      if (options.quick && options.record) {
        throw new UserError("--quick holds a judge against what --record has stored; take one of them");
      }
      const interrupt = new AbortController();
      const giveBack = world.onInterrupt(() => interrupt.abort());
      const reports: TaskReport[] = [];
      const say = options.json ? () => undefined : world.say;
      try {
        for await (const report of checkTasks(
          world,
          { ...options, ids, seeds, forgeries },
          interrupt.signal,
        )) {
          reports.push(report);
          say(`${report.task}: ${verdictOf(report)}, ${durationText(report.seconds * 1000)}`);
        }
      } catch (error) {
        if (!interrupt.signal.aborted) throw error;
        done(EXIT.interrupted);
        return;
      } finally {
        giveBack();
      }
      if (options.report !== undefined) await writeReports(options.report, reports);
      if (options.json) world.say(JSON.stringify(reports, null, 2));
      else sayTable(reports, options, say);
      done(reports.every(({ defects }) => defects.length === 0) ? EXIT.done : EXIT.short);
    });
};

function sayTable(
  reports: readonly TaskReport[],
  { quick }: CheckOptions,
  say: (line: string) => void,
): void {
  say("");
  say(reportTable(reports));
  for (const { task, defects } of reports) for (const { text } of defects) say(`${task}: ${text}`);
  for (const { task, notProven } of reports) {
    if (notProven !== null) say(`${task}: not proven here: ${notProven}`);
  }
  if (!quick && reports.some(({ forgeries, defects }) => forgeries.tried === 0 && defects.length > 0)) {
    say("forged submissions are tried once nothing else is wrong");
  }
  if (reports.length > 1) say(countLine(reports));
}

function countLine(reports: readonly TaskReport[]): string {
  const loaded = reports.filter(({ defects }) => !defects.some(({ gate }) => gate === "loads")).length;
  const proven = reports.filter(
    ({ defects, notProven }) => defects.length === 0 && notProven === null,
  ).length;
  const format = reports.filter(({ formatProven, notProven }) => formatProven === true && notProven !== null);
  return `${loaded} of ${reports.length} loaded, ${proven} proven here, ${format.length} with prepare scripts proven on format files`;
}

function verdictOf({ defects, notProven }: TaskReport): string {
  if (defects.length > 0) return `${defects.length} defect${defects.length === 1 ? "" : "s"}`;
  return notProven === null ? "sound" : "not proven here";
}

function reportTable(reports: readonly TaskReport[]): string {
  const header = [
    "task",
    "data",
    "baseline",
    "measured",
    "σ",
    "solutions",
    "forgeries held",
    "judge s",
    "s",
    "verdict",
  ];
  return textTable(
    header,
    reports.map((report) => [
      report.task,
      report.formatProven === true ? `${report.data}, format files` : report.data,
      shortNumber(report.recorded),
      shortNumber(report.measured),
      shortNumber(report.sigma),
      report.solutions.map(({ name, score }) => `${name} ${shortNumber(score)}`).join(", ") || "–",
      `${report.forgeries.held}/${report.forgeries.tried}`,
      shortNumber(Number(report.judgeSecondsMost.toFixed(2))),
      shortNumber(Math.round(report.seconds)),
      report.defects.length > 0 ? "defective" : report.notProven !== null ? "not proven here" : "sound",
    ]),
  );
}

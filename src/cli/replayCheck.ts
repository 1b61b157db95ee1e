// `replay-check TRAJ… --task T`: recorded runs of MLGym's carried out again, and what is data compared with the record.
import path from "node:path";
import type { Difference } from "../compat/facts.ts";
import { REASONS } from "../compat/facts.ts";
import { type ReplaySummary, summaryOf } from "../compat/summary.ts";
import { type ReplayedFile, replayCheck } from "../compose/replayCheck.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { textTable } from "./table.ts";

/** Below this share of equal data lines a replay counts as having fallen short. */
const EQUAL_SHARE_MIN = 0.95;
const DIFFERENCES_SHOWN_MAX = 20;
const SHOWN_CHARS = 60;

interface Options {
  readonly task: string;
  readonly backend: string;
  readonly json: boolean;
}

export const replayCheckCommand: AddCommand = (program, world, done) => {
  program
    .command("replay-check")
    .description(
      "carry recorded runs of MLGym out again and compare what is data: lines, paths, counts, scores",
    )
    .argument("<traj...>", ".traj files of the task, and folders that hold some")
    .requiredOption("--task <id>", "the task that `import mlgym-tasks` made of theirs")
    .option("--backend <name>", "where they run: auto, process, bubblewrap, docker or podman", "auto")
    .option("--json", "every difference as JSON, and nothing else", false)
    .action(async (paths: readonly string[], { task, backend, json }: Options) => {
      const interrupt = new AbortController();
      const giveBack = world.onInterrupt(() => interrupt.abort());
      const files: ReplayedFile[] = [];
      try {
        for await (const file of replayCheck(world, { paths, taskId: task, backend }, interrupt.signal)) {
          files.push(file);
          if (!json) world.say(lineOf(file));
        }
      } catch (error) {
        if (!interrupt.signal.aborted) throw error;
        done(EXIT.interrupted);
        return;
      } finally {
        giveBack();
      }
      const summary = summaryOf(files.flatMap((file) => ("report" in file ? [file.report] : [])));
      if (json) world.say(JSON.stringify({ summary, files }, null, 2));
      else sayAll(files, summary, world.say);
      done(summary.runs > 0 && summary.share >= EQUAL_SHARE_MIN ? EXIT.done : EXIT.short);
    });
};

function nameOf(file: string): string {
  return path.join(path.basename(path.dirname(file)), path.basename(file));
}

function lineOf(file: ReplayedFile): string {
  if ("why" in file) return `${nameOf(file.file)}: not replayed: ${file.why}`;
  const { equal, comparable } = summaryOf([file.report]);
  const { steps, vintage } = file.report;
  return `${nameOf(file.file)}: ${steps} steps, ${vintage ?? "no file seen"}, ${equal} of ${comparable} data lines equal`;
}

function sayAll(files: readonly ReplayedFile[], summary: ReplaySummary, say: (line: string) => void): void {
  say("");
  say(
    textTable(
      ["class", "compared", "equal"],
      summary.classes.map(({ name, comparable, equal }) => [name, String(comparable), String(equal)]),
    ),
  );
  for (const { reason, count } of summary.reasons) say(`${count} differ (${reason}): ${REASONS[reason]}`);
  const all = files.flatMap((file) =>
    "report" in file ? file.report.differences.map((one) => ({ file: nameOf(file.file), one })) : [],
  );
  for (const { file, one } of all.slice(0, DIFFERENCES_SHOWN_MAX)) say(`${file} ${differenceText(one)}`);
  if (all.length > DIFFERENCES_SHOWN_MAX) say(`(${all.length - DIFFERENCES_SHOWN_MAX} more; --json has all)`);
  say(
    `${summary.runs} runs, ${summary.steps} steps: ${summary.equal} of ${summary.comparable} data lines equal (${(summary.share * 100).toFixed(2)} %)`,
  );
}

function differenceText({ step, class: kind, key, recorded, now, reason }: Difference): string {
  const shown = (value: string | null) =>
    value === null ? "nothing" : JSON.stringify(value.slice(0, SHOWN_CHARS));
  return `step ${step}, ${kind}, ${key}: ${shown(recorded)} then, ${shown(now)} now (${reason})`;
}

// `curate RUN…`: judges the rollouts of finished datasets again, by their texts and beside each other, into a new dataset.
import { curateRuns } from "../compose/curations.ts";
import { CURATE_REASON_TEXTS, CURATE_REASONS } from "../core/verdict.ts";
import type { CurateReport } from "../curate/curateReport.ts";
import { type AddCommand, collect, EXIT } from "./command.ts";
import { interruptible } from "./interruptible.ts";
import { countText } from "./table.ts";

interface CurateCommandOptions {
  readonly rules?: string;
  readonly set: readonly string[];
  readonly out: string;
}

export const curateCommand: AddCommand = (program, world, done) => {
  program
    .command("curate")
    .description(
      "judge the kept rollouts of runs again, by their texts and beside each other, into a new dataset",
    )
    .argument(
      "<runs...>",
      "run directories, or dataset folders; a rollout that stands in several is taken once",
    )
    .option("--rules <file>", "the rules (YAML; docs/curation.md)")
    .option("--set <key=value>", "override a rule of the file, by its dotted key; repeatable", collect, [])
    .requiredOption("--out <dir>", "the new dataset's folder")
    .action(async (directories: readonly string[], options: CurateCommandOptions) => {
      const { rules, set: settings, out: outDir } = options;
      const { codeVersion } = world;
      const request = { directories, rulesFile: rules ?? null, settings, outDir, codeVersion };
      await interruptible(world, done, "interrupted: nothing was curated", async (signal) => {
        const report = await curateRuns(request, signal);
        for (const line of reportLines(report)) world.say(line);
        world.say(`→ ${outDir}`);
        if (report.kept > 0) return EXIT.done;
        world.complain("fell short: no rollout is kept; what dropped them is said above");
        return EXIT.short;
      });
    });
};

/** The funnel of a curation, a line a reason. */
function reportLines(report: CurateReport): string[] {
  const { rollouts, repeated, droppedBefore, dropped, kept, maskedReplies } = report;
  return [
    `${countText(rollouts)} rollouts read${repeated === 0 ? "" : `, ${countText(repeated)} repeated`}, ` +
      `${countText(droppedBefore)} dropped before`,
    ...CURATE_REASONS.flatMap((reason) => {
      const count = dropped[reason];
      return count === undefined
        ? []
        : [`  ${countText(count)} dropped: ${reason} (${CURATE_REASON_TEXTS[reason]})`];
    }),
    `${countText(kept)} kept${maskedReplies === 0 ? "" : `, ${countText(maskedReplies)} replies masked`}`,
  ];
}

// `export RUN…`: trainer-ready rows of the datasets of one or more runs, by recipe.
import { defaultOutDir, exportRecipe, exportSource, type FoundSource } from "../compose/exports.ts";
import { UserError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { ALLOWANCES, type Allowance } from "../dataset/manifest.ts";
import { recipeNamed } from "../export/exportDataset.ts";
import type { ExportNews } from "../export/exportReport.ts";
import { DEFAULT_RECIPE, RECIPE_NAMES } from "../export/recipes.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { interruptible } from "./interruptible.ts";
import { exportText } from "./summaryText.ts";
import { countText } from "./table.ts";

interface ExportCommandOptions {
  readonly recipe: string;
  readonly where?: string;
  readonly out?: string;
  readonly allow?: string;
  readonly tokenizer?: string;
}

/** Least time between two lines of progress. */
const PROGRESS_MS = 5000;

export const exportCommand: AddCommand = (program, world, done) => {
  program
    .command("export")
    .description("write trainer-ready rows of the kept trajectories of runs, several as one")
    .argument(
      "<runs...>",
      "run directories, or dataset folders; a rollout that stands in several is taken once",
    )
    .option("--recipe <name>", `one of ${RECIPE_NAMES.join(", ")}`, DEFAULT_RECIPE)
    .option(
      "--where <condition>",
      "only rollouts for which it holds, by columns of the trajectories, as in `reward >= 0.5 and task_family = sat`",
    )
    .option("--out <dir>", "the export's folder (default: exports/<recipe> in the run)")
    .option(
      "--allow <kinds>",
      "let rows of scripted models, replays, benchmark tasks and tasks not to train on out: scripted,replay,benchmark,notTrainable",
    )
    .option(
      "--tokenizer <dir>",
      "a model's folder (tokenizer.json, chat template), for recipes that tokenise",
    )
    .action(async (directories: readonly string[], options: ExportCommandOptions) => {
      const recipe = recipeNamed(options.recipe);
      const allow = options.allow === undefined ? null : options.allow.split(",").map(parseAllowance);
      const sources: FoundSource[] = [];
      for (const directory of directories) sources.push(await exportSource(directory, allow));
      const request = {
        sources,
        recipe,
        outDir: options.out ?? defaultOutDir(sources, recipe),
        ...(options.where === undefined ? {} : { where: options.where }),
        ...(options.tokenizer === undefined ? {} : { tokenizerDir: options.tokenizer }),
      };
      await interruptible(world, done, "interrupted: nothing was exported", async (signal) => {
        const hear = progressLines(world.clock.monotonic, world.complain);
        const { outDir, report } = await exportRecipe({ ...request, hear }, signal);
        world.say(exportText(recipe, outDir, report));
        for (const note of report.notes) world.say(note);
        if (report.rows > 0) return EXIT.done;
        world.complain("fell short: no row is in the export; what was left out, and why, is said above");
        return EXIT.short;
      });
    });
};

const PHASES: { readonly [phase in ExportNews["phase"]]: string } = {
  checking: "checking files",
  surveying: "comparing rollouts",
  converting: "converting rollouts",
  closing: "closing",
};

/** One line now and then; none where it is done at once. */
function progressLines(nowMs: () => number, say: (line: string) => void): (news: ExportNews) => void {
  let nextMs = nowMs() + PROGRESS_MS;
  return ({ phase, done, total, rows }) => {
    if (done === 0 || nowMs() < nextMs) return;
    nextMs = nowMs() + PROGRESS_MS;
    say(`${PHASES[phase]}: ${countText(done)} of ${countText(total)}, ${countText(rows)} rows`);
  };
}

/** One kind of rows of `--allow`. Throws a UserError with the nearest name. */
export function parseAllowance(text: string): Allowance {
  const allowance = ALLOWANCES.find((name) => name === text.trim());
  if (allowance !== undefined) return allowance;
  throw new UserError(
    `--allow ${text}: not a kind of rows (several are separated by commas); ${suggestion(text.trim(), ALLOWANCES)}`,
  );
}

// `export RUN`: trainer-ready rows of a run's dataset, by recipe.
import { exportRecipe } from "../compose/exports.ts";
import { readStoredRun } from "../compose/storedRun.ts";
import { UserError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { ALLOWANCES, type Allowance } from "../dataset/manifest.ts";
import { DEFAULT_RECIPE, RECIPE_NAMES } from "../export/recipes.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { exportText } from "./summaryText.ts";

export const exportCommand: AddCommand = (program, world, done) => {
  program
    .command("export")
    .description("write trainer-ready rows of a run's kept trajectories")
    .argument("<run>", "the run directory")
    .option("--recipe <name>", `one of ${RECIPE_NAMES.join(", ")}`, DEFAULT_RECIPE)
    .option("--out <dir>", "the export's folder (default: exports/<recipe> in the run)")
    .option(
      "--allow <kinds>",
      "let rows of scripted models, replays, benchmark tasks and tasks not to train on out: scripted,replay,benchmark,notTrainable",
    )
    .action(async (directory: string, options: { recipe: string; out?: string; allow?: string }) => {
      const { reader, pipeline } = await readStoredRun(directory, []);
      const allow =
        options.allow === undefined ? pipeline.allow : options.allow.split(",").map(parseAllowance);
      const { dataset, exports } = reader.paths;
      const written = await exportRecipe(
        {
          datasetDir: dataset,
          exportsDir: exports,
          recipe: options.recipe,
          allow,
          ...(options.out === undefined ? {} : { outDir: options.out }),
        },
        new AbortController().signal,
      );
      world.say(exportText(options.recipe, written.outDir, written.report));
      done(EXIT.done);
    });
};

function parseAllowance(text: string): Allowance {
  const allowance = ALLOWANCES.find((name) => name === text.trim());
  if (allowance !== undefined) return allowance;
  throw new UserError(
    `--allow ${text}: not a kind of rows (several are separated by commas); ${suggestion(text.trim(), ALLOWANCES)}`,
  );
}

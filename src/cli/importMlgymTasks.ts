// `import mlgym-tasks CHECKOUT`: the tasks of a checkout of MLGym as task folders, and a table of what became of each.
import path from "node:path";
import { type ImportedTask, importCheckout } from "../compose/importMlgym.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { interruptible } from "./interruptible.ts";
import { textTable } from "./table.ts";

const WORDS = { imported: "imported", notPlayable: "not playable", refused: "refused" } as const;

export const addImportMlgymTasks: AddCommand = (command, world, done) => {
  command
    .command("mlgym-tasks")
    .description("the tasks of a checkout of MLGym as task folders of your own, for measuring only")
    .argument("<checkout>", "the folder that has configs/tasks/ and data/")
    .option("--out <dir>", "the tasks folder", "tasks")
    .option("--json", "what became of each configuration as JSON, and nothing else", false)
    .action(async (checkout: string, options: { readonly out: string; readonly json: boolean }) => {
      await interruptible(world, done, "interrupted; nothing is imported", async (signal) => {
        const rows = await importCheckout(world, { checkout, out: options.out }, signal);
        if (options.json) world.say(JSON.stringify(rows, null, 2));
        else sayRows(rows, path.relative(process.cwd(), path.resolve(options.out)) || ".", world.say);
        return rows.some(({ task }) => task !== null) ? EXIT.done : EXIT.short;
      });
    });
};

function sayRows(rows: readonly ImportedTask[], out: string, say: (line: string) => void): void {
  say(
    textTable(
      ["configuration", "task", "outcome"],
      rows.map(({ config, task, outcome }) => [config, task ?? "–", WORDS[outcome]]),
    ),
  );
  say("");
  for (const { config, obstacles, notes } of rows) {
    const findings = obstacles.length > 0 ? obstacles : notes;
    if (findings.length > 0) say(`${config}: ${findings.join("; ")}`);
  }
  const count = (outcome: ImportedTask["outcome"]) => rows.filter((row) => row.outcome === outcome).length;
  say(
    `${count("imported")} of ${rows.length} can be played, ${count("notPlayable")} cannot as they stand, ${count("refused")} refused; folders in ${out}/, each with a README.md`,
  );
}

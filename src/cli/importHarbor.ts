// `import harbor PATH`: tasks in Harbor's format as task folders, and a table of what became of each.
import { type ImportedTask, importHarbor } from "../compose/harbor.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { interruptible } from "./interruptible.ts";
import { textTable } from "./table.ts";

const WORDS = { imported: "imported", notPlayable: "not playable", refused: "refused" } as const;

export const addImportHarbor: AddCommand = (command, world, done) => {
  command
    .command("harbor")
    .description("tasks in Harbor's format as task folders of your own")
    .argument("<path>", "a task's folder, or one that holds many")
    .option("--out <dir>", "the tasks folder", "tasks")
    .option("--json", "what became of each as JSON, and nothing else", false)
    .action(async (source: string, options: { readonly out: string; readonly json: boolean }) => {
      await interruptible(world, done, "interrupted; nothing is imported", async (signal) => {
        const rows = await importHarbor({ source, out: options.out }, signal);
        world.say(options.json ? JSON.stringify(rows, null, 2) : rowsText(rows));
        return rows.some(({ task }) => task !== null) ? EXIT.done : EXIT.short;
      });
    });
};

function rowsText(rows: readonly ImportedTask[]): string {
  const table = textTable(
    ["folder", "task", "outcome"],
    rows.map(({ folder, task, outcome }) => [folder, task ?? "–", WORDS[outcome]]),
  );
  const sentences = rows.flatMap(({ folder, obstacles, notes }) => {
    const findings = obstacles.length > 0 ? obstacles : notes;
    return findings.length === 0 ? [] : [`${folder}: ${findings.join("; ")}`];
  });
  return [table, "", ...sentences].join("\n").trimEnd();
}

// `tasks new NAME --kind KIND`: a task of one's own, laid out from a template that works.
import path from "node:path";
import { makeTask } from "../compose/checkTasks.ts";
import { UserError } from "../core/errors.ts";
import type { AddCommand } from "./command.ts";

interface Options {
  readonly kind: string;
  readonly from?: string;
  readonly target?: string;
  readonly in: string;
}

export const addTasksNew: AddCommand = (tasks, world) => {
  tasks
    .command("new")
    .description("lay out a task of your own from a template that works")
    .argument("<name>", "its id: lower-case letters, digits and dashes")
    .requiredOption("--kind <kind>", "what is handed in: csv, function, policy or repo")
    .option("--from <table>", "with --kind csv: a CSV file of your own that the task is made of")
    .option("--target <column>", "with --from: the column to predict")
    .option("--in <dir>", "the tasks folder", "tasks")
    .action(async (name: string, options: Options) => {
      const { kind, from, target } = options;
      if ((from === undefined) !== (target === undefined)) {
        throw new UserError("--from TABLE and --target COLUMN belong together; give both, or neither");
      }
      const table = from === undefined || target === undefined ? null : { file: from, target };
      const folder = await makeTask(world, { name, kind, tasksRoot: path.resolve(options.in), table });
      const shown = path.relative(process.cwd(), folder) || folder;
      world.say(
        table === null
          ? `${shown}/ is a small ${kind} task that works; change it into your own:`
          : `${shown}/ is a task made of ${table.file}; its baseline is measured already. What may be changed:`,
      );
      world.say("  description.md   what the agent reads");
      world.say("  workspace/       what it starts from");
      world.say("  judge.py         the score; hidden/ is for its eyes only");
      world.say("  solution/        proof that the starter can be beaten");
      world.say(
        "  task.yaml        names, limits, and the numbers that `nightshift tasks check --record` measures",
      );
      world.say(`then, where its tasks folder is called tasks/: nightshift tasks check ${name}`);
    });
};

// `tasks new NAME --kind KIND`: a task of one's own, laid out from a template that works.
import path from "node:path";
import { makeTask } from "../compose/checkTasks.ts";
import type { AddCommand } from "./command.ts";

export const addTasksNew: AddCommand = (tasks, world) => {
  tasks
    .command("new")
    .description("lay out a task of your own from a template that works")
    .argument("<name>", "its id: lower-case letters, digits and dashes")
    .requiredOption("--kind <kind>", "what is handed in: csv, function, policy or repo")
    .option("--in <dir>", "the tasks folder", "tasks")
    .action(async (name: string, options: { kind: string; in: string }) => {
      const folder = await makeTask({ name, kind: options.kind, tasksRoot: path.resolve(options.in) });
      const shown = path.relative(process.cwd(), folder) || folder;
      world.say(`${shown}/ is a small ${options.kind} task that works; change it into your own:`);
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

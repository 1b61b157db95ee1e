// `tasks list`, `show`, `new` and `check`: what there is to do, and the making of more.
import { findFamily, listAllFamilies, listAllTasks, openTask } from "../compose/tasks.ts";
import type { AddCommand } from "./command.ts";
import { showFamily } from "./showFamily.ts";
import { shortNumber, textTable } from "./table.ts";
import { addTasksCheck } from "./tasksCheck.ts";
import { addTasksExport } from "./tasksExport.ts";
import { addTasksNew } from "./tasksNew.ts";

export const tasksCommand: AddCommand = (program, world, done) => {
  const tasks = program.command("tasks").description("the tasks that pipelines can name");
  tasks
    .command("list")
    .description("every task with its metric and baseline")
    .action(async () => {
      const rows = (await listAllTasks()).map(({ id, definition }) => [
        id,
        definition.use,
        definition.domain,
        `${definition.metric.name} (${definition.metric.direction})`,
        shortNumber(definition.anchors.starter),
        shortNumber(definition.anchors.probe),
        shortNumber(definition.anchors.best),
        definition.image,
      ]);
      world.say(textTable(["task", "use", "domain", "metric", "starter", "probe", "best", "image"], rows));
      const families = (await listAllFamilies()).map(({ id, file }) => [
        `${id}/0, /1, …`,
        file.use,
        file.domain,
        Object.keys(file.parameters).join(", "),
      ]);
      if (families.length === 0) return;
      world.say("");
      world.say(textTable(["family", "use", "domain", "instances differ in"], families));
    });
  tasks
    .command("show")
    .description("one task as an agent reads it, with its files and hashes; or a family and its parameters")
    .argument("<id>", "the task's id, an instance's (family/7), or a family's")
    .action(async (id: string) => {
      const family = await findFamily(id);
      if (family !== null) return showFamily(world, family);
      const task = await openTask(world, id);
      const { definition } = task;
      world.say(`${definition.title} (${id}, ${definition.use}, ${definition.licence})`);
      if (definition.parameters !== undefined)
        world.say(`of the family ${definition.family}: ${JSON.stringify(definition.parameters)}`);
      world.say(`play ${task.playHash}\njudge ${task.judgeHash}`);
      world.say(`anchors ${JSON.stringify(definition.anchors)}, judge σ ${definition.sigma}`);
      if (definition.mlgym !== null)
        world.say(`MLGym ${definition.mlgym.id}: ${definition.mlgym.publishedNote}`);
      world.say(
        `workspace ${task.workspace.map((file) => `${file.path} (${file.data.length} B)`).join(", ")}`,
      );
      world.say(`submission ${definition.submission.map((file) => file.path).join(", ")}\n`);
      world.say(task.description);
    });
  addTasksNew(tasks, world, done);
  addTasksCheck(tasks, world, done);
  addTasksExport(tasks, world, done);
};

// `tasks export ID…`: tasks of ours in Harbor's format.
import { exportHarbor } from "../compose/harbor.ts";
import { UserError } from "../core/errors.ts";
import { type AddCommand, EXIT } from "./command.ts";

export const addTasksExport: AddCommand = (tasks, world, done) => {
  tasks
    .command("export")
    .description("write tasks in another system's format; what is hidden goes where only its tests are")
    .argument("<id...>", "their ids, or instances' (family/7)")
    .option("--format <name>", "whose: harbor", "harbor")
    .option("--out <dir>", "the folder that gets one folder for each", "output/harbor")
    .action(async (ids: string[], options: { readonly format: string; readonly out: string }) => {
      if (options.format !== "harbor")
        throw new UserError(
          `--format ${options.format}: not a format that tasks are written in; there is harbor`,
        );
      for (const folder of await exportHarbor(world, { ids, out: options.out })) world.say(folder);
      done(EXIT.done);
    });
};

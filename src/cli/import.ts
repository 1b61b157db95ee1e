// `import …`: what other systems recorded or defined, as data and tasks of ours.
import { importTrajectories } from "../compose/imports.ts";
import { type AddCommand, EXIT } from "./command.ts";
import { addImportHarbor } from "./importHarbor.ts";
import { addImportMlgymTasks } from "./importMlgymTasks.ts";
import { interruptible } from "./interruptible.ts";

const TRAJ_OUT = "output/mlgym-trajectories";

export const importCommand: AddCommand = (program, world, done) => {
  const group = program.command("import").description("take over what other systems recorded or defined");
  group
    .command("traj")
    .description("MLGym's .traj files as a dataset, never to be trained on")
    .argument("<path...>", "files, and folders that hold files")
    .option("--out <dir>", "the dataset's folder", TRAJ_OUT)
    .action(async (paths: string[], { out }: { out: string }) => {
      await interruptible(world, done, "interrupted; nothing is imported", async (signal) => {
        const report = await importTrajectories(world, { paths, outDir: out }, signal);
        for (const { path, why } of report.refusals) world.complain(`${path}: ${why}`);
        const unnamed = report.refused - report.refusals.length;
        if (unnamed > 0) world.complain(`${unnamed} more files were refused`);
        const { tables } = report.manifest;
        const repeated = report.repeated === 0 ? "" : `, ${report.repeated} repeated`;
        world.say(
          `${report.files} files: ${tables.trajectories.rows} trajectories with ${tables.steps.rows} steps of ` +
            `${tables.tasks.rows} tasks, ${report.refused} refused${repeated} → ${out}`,
        );
        return report.refused === 0 ? EXIT.done : EXIT.short;
      });
    });
  addImportMlgymTasks(group, world, done);
  addImportHarbor(group, world, done);
};

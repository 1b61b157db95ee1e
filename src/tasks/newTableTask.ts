// Makes a task of a user's own table: rows split for training, validation and record, a judge, a baseline, and proof that it can be beaten.
import { mkdir, mkdtemp, rename, rm, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runTool } from "./data/runTool.ts";
import { newFolder } from "./newTask.ts";
import { pythonScript } from "./pythonScript.ts";

const SCRIPT = fileURLToPath(new URL("../../tasks/_families/table_task.py", import.meta.url));
const MAKE_MS_MAX = 600_000;
export interface NewTableTask {
  readonly name: string;
  readonly tasksRoot: string;
  readonly table: { readonly file: string; readonly target: string };
  /** A fresh secret text for hidden/key; the split hangs on it too. */
  readonly key: string;
  readonly python: string;
}

/** Writes `<tasksRoot>/<name>/`, whole or not at all. Throws a UserError that says what is wrong with the table. */
export async function newTableTask(
  { name, tasksRoot, table, key, python }: NewTableTask,
  signal: AbortSignal,
): Promise<void> {
  const folder = await newFolder(tasksRoot, name);
  const isNew = (await mkdir(tasksRoot, { recursive: true })) !== undefined;
  const scratch = await mkdtemp(path.join(tasksRoot, ".making-"));
  try {
    const made = path.join(scratch, name);
    await mkdir(made);
    // Not among the words of the command: those of a process can be read by every user of the machine.
    const keyFile = path.join(scratch, "key");
    await writeFile(keyFile, key, { mode: 0o600 });
    await runTool(
      pythonScript(python, path.dirname(SCRIPT), SCRIPT, [table.file, table.target, made, name, keyFile]),
      {
        cwd: ".",
        env: "inherited",
        timeoutMs: MAKE_MS_MAX,
        absent: "install python3",
        what: `making a task of ${table.file}`,
      },
      signal,
    );
    await rename(made, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
    // Where no task came of it, no tasks folder is left behind either: rmdir takes empty ones only.
    if (isNew) await rmdir(tasksRoot).catch(() => {});
  }
}

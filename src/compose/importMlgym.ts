// Puts `import mlgym-tasks` together: which Python reads the checkout, fresh keys, and which of our own tasks follow the same ones.
import { randomBytes } from "node:crypto";
import path from "node:path";
import { type ImportedTask, importMlgymTasks } from "../importers/mlgym/importTasks.ts";
import { listTasks } from "../tasks/listTasks.ts";
import { loadTask } from "../tasks/loadTask.ts";
import { pythonOf } from "./backends.ts";
import { PACKAGE_ROOT } from "./packageRoot.ts";
import type { World } from "./world.ts";

export type { ImportedTask } from "../importers/mlgym/importTasks.ts";

const KEY_BYTES = 32;

/** Imports the tasks of a checkout of MLGym into a tasks folder. Throws UserError as `importMlgymTasks`. */
export async function importCheckout(
  world: World,
  of: { readonly checkout: string; readonly out: string },
  signal: AbortSignal,
): Promise<readonly ImportedTask[]> {
  const shipped = path.join(PACKAGE_ROOT, "tasks");
  const own = await Promise.all((await listTasks(shipped)).map((id) => loadTask(shipped, id)));
  return importMlgymTasks(
    {
      checkout: path.resolve(of.checkout),
      out: path.resolve(of.out),
      python: pythonOf(world),
      newKey: () => randomBytes(KEY_BYTES).toString("hex"),
      ownTasks: (mlgymId) =>
        own.filter(({ definition }) => definition.mlgym?.id === mlgymId).map(({ id }) => id),
    },
    signal,
  );
}

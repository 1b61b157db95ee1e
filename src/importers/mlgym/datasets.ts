// The datasets that a task names: their descriptions, and their files where the checkout has them.
import path from "node:path";
import { UserError } from "../../core/errors.ts";
import type { TaskFile } from "../../core/task.ts";
import type { Findings } from "../findings.ts";
import { hasFolder, readDataset, readStarter } from "./checkout.ts";
import type { TaskConfig } from "./config.ts";

/** Where MLGym puts the files of local datasets. */
const DATA_FOLDER = "data";

/** Throws a UserError where a dataset's configuration is not there; data that is not is an obstacle. */
export async function datasets(checkout: string, config: TaskConfig, { obstacles }: Findings) {
  const docs: string[] = [];
  const files: TaskFile[] = [];
  for (const name of config.dataset_configs ?? []) {
    const dataset = await readDataset(checkout, name);
    docs.push(`${dataset.name.toUpperCase()}:\n${dataset.description}\n`);
    if (!dataset.is_local) {
      obstacles.push(
        `its data, ${dataset.data_path}, is on the Hugging Face hub, which sandboxes do not reach`,
      );
      continue;
    }
    if (!(await hasFolder(checkout, dataset.data_path))) {
      obstacles.push(await missingData(checkout, dataset.data_path));
      continue;
    }
    try {
      const found = await readStarter(checkout, dataset.data_path);
      files.push(...found.map((file) => ({ ...file, path: inDataFolder(file.path) })));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      obstacles.push(`its data does not fit: ${error.message}`);
    }
  }
  return { docs: docs.join("\n"), files };
}

/** A dataset's folder is copied to `data`, whatever its own name is. */
function inDataFolder(file: string): string {
  return `${DATA_FOLDER}/${file.slice(file.indexOf("/") + 1)}`;
}

async function missingData(checkout: string, folder: string): Promise<string> {
  const helpers = path.posix.join(path.posix.dirname(folder), "_helpers");
  const made = await hasFolder(checkout, helpers).catch(() => false);
  const remedy = made
    ? `the scripts in ${helpers}/ make it: run them there, then import again`
    : "the checkout was published without it";
  return `its data, ${folder}, is not in the checkout; ${remedy}`;
}

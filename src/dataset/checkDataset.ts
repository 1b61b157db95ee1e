// Holds a dataset against its manifest: every file by hash, every row by the invariants, every table by its table hash.
import { join } from "node:path";
import { errorText } from "../core/errors.ts";
import { openDataset } from "./openDataset.ts";
import { stepsTable, tasksTable, trajectoriesTable } from "./schema.ts";
import { sortingTableHasher } from "./tableHash.ts";
import { fingerprint } from "./writeTable.ts";

/** One thing that was looked at. `problem` is null where it is as the manifest says. */
export interface DatasetCheck {
  readonly what: string;
  readonly problem: string | null;
}

/** Reads the whole dataset once. Damage comes out as a problem; only a folder without a manifest throws (StoreError). */
export async function checkDataset(dir: string): Promise<readonly DatasetCheck[]> {
  const dataset = await openDataset(dir);
  const { manifest } = dataset;
  const checks: DatasetCheck[] = [];
  for (const file of manifest.files) {
    const problem = await problemOf(async () => {
      const found = await fingerprint(join(dir, file.path));
      return difference("sha256", file.sha256, found.sha256) ?? difference("bytes", file.bytes, found.bytes);
    });
    checks.push({ what: `file ${file.path}`, problem });
  }
  const hashers = {
    tasks: sortingTableHasher(tasksTable),
    trajectories: sortingTableHasher(trajectoriesTable),
    steps: sortingTableHasher(stepsTable),
  };
  const rows = { tasks: 0, trajectories: 0, steps: 0 };
  const problem = await problemOf(async () => {
    for await (const task of dataset.tasks()) {
      hashers.tasks.add(task);
      rows.tasks++;
    }
    for (const split of dataset.splits) {
      for await (const { trajectory, steps } of dataset.rollouts(split)) {
        hashers.trajectories.add(trajectory);
        for (const step of steps) hashers.steps.add(step);
        rows.trajectories++;
        rows.steps += steps.length;
      }
    }
    return null;
  });
  checks.push({ what: "invariants of every row", problem });
  for (const name of ["tasks", "trajectories", "steps"] as const) {
    const told = manifest.tables[name];
    const differs = await problemOf(async () => {
      const hash = hashers[name].digest();
      return difference("rows", told.rows, rows[name]) ?? difference("table hash", told.tableHash, hash);
    });
    checks.push({ what: `table ${name}`, problem: differs });
  }
  return checks;
}

async function problemOf(look: () => Promise<string | null>): Promise<string | null> {
  try {
    return await look();
  } catch (error) {
    return errorText(error);
  }
}

function difference(what: string, told: unknown, found: unknown): string | null {
  return told === found ? null : `${what}: the manifest says ${String(told)}, found ${String(found)}`;
}

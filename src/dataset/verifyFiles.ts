// Holds a dataset's files against their hashes in the manifest, before something is made of them: Parquet pages that a flipped bit has
// changed can decode without complaint.
import { join } from "node:path";
import { StoreError } from "../core/errors.ts";
import { WRITE_AGAIN } from "./manifest.ts";
import type { Dataset } from "./openDataset.ts";
import { fingerprint } from "./writeTable.ts";

/** Reads every table's file once. Throws a StoreError that names the first damaged one. */
export async function verifyFiles({ dir, manifest }: Pick<Dataset, "dir" | "manifest">): Promise<void> {
  for (const file of manifest.files) {
    if (file.table === null) continue;
    const path = join(dir, file.path);
    const found = await fingerprint(path).catch((error: unknown) => {
      throw new StoreError(`${path} cannot be read, though the manifest names it; ${WRITE_AGAIN}`, {
        cause: error,
      });
    });
    if (found.sha256 === file.sha256) continue;
    throw new StoreError(
      `${path} is damaged: its SHA-256 is ${found.sha256.slice(0, 12)}…, in the manifest it is ${file.sha256.slice(0, 12)}…; ${WRITE_AGAIN}`,
    );
  }
}

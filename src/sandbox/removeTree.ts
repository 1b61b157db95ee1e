// Removes a folder in which a sandbox's own user may have laid anything, a tree deeper than any path may be long among them.
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";

const REMOVAL_MS_MAX = 60_000;
const PROGRAM_PATH = "/usr/bin:/bin";

/** Removes it with everything in it; nothing where it is not there. Throws where even `rm` cannot. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Node goes by whole paths; `rm` enters folder after folder.
    const options = { timeout: REMOVAL_MS_MAX, env: { PATH: PROGRAM_PATH } };
    await promisify(execFile)("rm", ["-rf", "--", folder], options);
  }
}

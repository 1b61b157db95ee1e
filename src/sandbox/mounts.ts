// Whether a spec's host folders can be seen from a sandbox: a folder that only its owner may enter would look, to the
// agent, like a task without data.
import { stat } from "node:fs/promises";
import { UserError } from "../core/errors.ts";
import type { SandboxSpec } from "../core/sandbox.ts";

const READ_BY_OTHERS = 0o004;
const ENTER_BY_OTHERS = 0o001;

/** Throws UserError for a mount that is missing or shut. `asOwner`: the sandbox runs as this very user. */
export async function checkMounts(spec: SandboxSpec, asOwner: boolean): Promise<void> {
  for (const { hostPath, path } of spec.mounts) {
    const info = await stat(hostPath).catch(() => null);
    if (!info) throw new UserError(`cannot mount ${hostPath} at ${path}: there is no such folder`);
    const needed = info.isDirectory() ? READ_BY_OTHERS | ENTER_BY_OTHERS : READ_BY_OTHERS;
    if (asOwner || (info.mode & needed) === needed) continue;
    throw new UserError(
      `cannot mount ${hostPath} at ${path}: the sandbox's user may not read it; chmod o+rx ${hostPath}`,
    );
  }
}

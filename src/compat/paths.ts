// Paths as MLGym's agents saw them, and as they are here.
import { MLGYM_WORKSPACE } from "../importers/mlgym/relocate.ts";

/** Where the workspace lies in our sandboxes. */
const WORKSPACE = "/work";

/** A path of either world, relative to the workspace where it lies in it; `.` is the workspace itself. */
export function herePath(path: string): string {
  for (const root of [MLGYM_WORKSPACE, WORKSPACE]) {
    if (path === root || path === `${root}/`) return ".";
    if (path.startsWith(`${root}/`)) return path.slice(root.length + 1).replace(/^\.\//, "");
  }
  return path.replace(/^\.\//, "");
}

/** A command with MLGym's workspace named as ours is. */
export function commandHere(command: string): string {
  return command.replaceAll(MLGYM_WORKSPACE, WORKSPACE);
}

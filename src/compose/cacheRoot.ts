// Where what can be made again is kept between runs: prepared data and generated instances.
import { homedir } from "node:os";
import path from "node:path";
import type { World } from "./world.ts";

/** Root's own: its home is closed to the users that its sandboxes run as. */
const SYSTEM_CACHE = "/var/cache/nightshift";

/** `NIGHTSHIFT_CACHE`, else the user's cache folder, else root's. */
export function cacheRootOf(world: Pick<World, "env">): string {
  const named = world.env("NIGHTSHIFT_CACHE");
  if (named !== undefined && named !== "") return path.resolve(named);
  const users = world.env("XDG_CACHE_HOME");
  if ((users === undefined || users === "") && process.getuid?.() === 0) return SYSTEM_CACHE;
  return path.join(
    users === undefined || users === "" ? path.join(homedir(), ".cache") : users,
    "nightshift",
  );
}

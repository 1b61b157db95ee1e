// Where what can be made again is kept between runs: prepared data and generated instances.
import { homedir } from "node:os";
import path from "node:path";
import type { World } from "./world.ts";

/** `NIGHTSHIFT_CACHE`, else the user's cache folder. */
export function cacheRootOf(world: Pick<World, "env">): string {
  const named = world.env("NIGHTSHIFT_CACHE");
  if (named !== undefined && named !== "") return path.resolve(named);
  const users = world.env("XDG_CACHE_HOME");
  return path.join(
    users === undefined || users === "" ? path.join(homedir(), ".cache") : users,
    "nightshift",
  );
}

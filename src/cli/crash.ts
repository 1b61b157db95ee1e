// What breaks where nobody catches it ends the process with one sentence, as everything else does: Node's own print would show the error
// with all that hangs on it.
import type { World } from "../compose/world.ts";
import { errorText } from "../core/errors.ts";
import { EXIT } from "./command.ts";

/** From now on, until the returned function is called. */
export function guardCrashes(world: Pick<World, "complain">): () => void {
  const crash = (error: unknown) => {
    const where =
      error instanceof Error ? (error.stack?.split("\n").find((line) => /^\s+at /.test(line)) ?? "") : "";
    world.complain(`nightshift broke: ${errorText(error)}${where === "" ? "" : ` (${where.trim()})`}`);
    process.exit(EXIT.short);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  return () => {
    process.off("uncaughtException", crash);
    process.off("unhandledRejection", crash);
  };
}

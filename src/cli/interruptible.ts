// Work of a command that an interrupt ends, with the exit code that says so.
import type { World } from "../compose/world.ts";
import { EXIT } from "./command.ts";

/** Runs work that an interrupt ends, and says `interrupted` then; what the work throws otherwise is thrown on. */
export async function interruptible(
  world: World,
  done: (exitCode: number) => void,
  interrupted: string,
  work: (signal: AbortSignal) => Promise<number>,
): Promise<void> {
  const stop = new AbortController();
  const release = world.onInterrupt(() => stop.abort(new Error("interrupted")));
  try {
    done(await work(stop.signal));
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    world.complain(interrupted);
    done(EXIT.interrupted);
  } finally {
    release();
  }
}

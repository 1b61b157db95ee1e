// Whether the tests of a container engine can run on this machine at all.
import Docker from "dockerode";
import { errorText } from "../../src/core/errors.ts";

/**
 * Why an engine's tests cannot run here at all: nobody answers at its socket, or the image is not there. Null where both are: whatever
 * fails then is a failure, and nothing to skip for.
 */
export async function engineObstacle(socketPath: string, tag: string): Promise<string | null> {
  const engine = new Docker({ socketPath });
  try {
    await engine.ping();
  } catch (error) {
    return `nobody answers at ${socketPath}: ${errorText(error)}`;
  }
  try {
    await engine.getImage(tag).inspect();
    return null;
  } catch (error) {
    if (error instanceof Error && "statusCode" in error && error.statusCode === 404) return `no image ${tag}`;
    throw error;
  }
}

// Whether an image is on the host and can run the supervisor: asked once per image, before anything is spent.
import { errorText, UserError } from "../../core/errors.ts";
import type { Clock } from "../../core/runtime.ts";
import type { SandboxBackend } from "../../core/sandbox.ts";
import { ULIMITS } from "./createOptions.ts";
import { bounded, type Engine, statusOf } from "./engine.ts";

/** Times that an engine is asked to run the trial, and the pause between them. */
const TRIALS_MAX = 3;
const TRIAL_PAUSE_MS = 500;

const FITNESS = `
import os, sys
if sys.version_info < (3, 8): sys.exit(8)
if not any(os.access(folder + "/bash", os.X_OK) for folder in os.get_exec_path()): sys.exit(9)
`;

/** A function that checks images on this engine and remembers the good ones by content. */
export function imageChecker(engine: Engine, clock: Clock): SandboxBackend["checkImage"] {
  const fit = new Set<string>();
  return async (image) => {
    const tag = engine.imageTag(image);
    const asked = bounded(engine.docker.getImage(tag).inspect(), engine.deadline());
    const found = await asked.catch((error: unknown) => {
      if (statusOf(error) === 404) throw new UserError(missing(engine, image, tag));
      throw new UserError(`cannot ask ${engine.host} for the image ${tag}: ${errorText(error)}`);
    });
    if (!fit.has(found.Id)) {
      await checkPython(engine, clock, tag);
      fit.add(found.Id);
    }
    return { digest: found.Id };
  };
}

function missing(engine: Engine, image: string, tag: string): string {
  return (
    `the image ${tag} is not on ${engine.host}; build it with ` +
    `\`nightshift images build ${image}${engine.name === "docker" ? "" : ` --engine ${engine.name}`}\``
  );
}

/**
 * Runs a trial container. An engine that stumbles over it is asked again, since some answer 500 for a moment and for a missing program alike;
 * what the container itself says is final.
 */
async function checkPython(engine: Engine, clock: Clock, tag: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const status = await trial(engine, tag);
      if (status === 0) return;
      throw unfit(tag, status === 9 ? "no bash" : `python3 ended with code ${status}`);
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (attempt === TRIALS_MAX) throw unfit(tag, errorText(error));
      await clock.sleep(TRIAL_PAUSE_MS);
    }
  }
}

/** The exit code of a container of the image that looks for what the supervisor needs. */
async function trial({ docker, deadline }: Engine, tag: string): Promise<number> {
  const abortSignal = deadline();
  const container = await docker.createContainer({
    Image: tag,
    Entrypoint: ["python3"],
    Cmd: ["-I", "-S", "-c", FITNESS],
    NetworkDisabled: true,
    HostConfig: { NetworkMode: "none", LogConfig: { Type: "none", Config: {} }, Ulimits: [...ULIMITS] },
    abortSignal,
  });
  try {
    await container.start({ abortSignal });
    const { StatusCode } = await container.wait({ abortSignal });
    return StatusCode;
  } finally {
    await container.remove({ force: true, v: true }).catch(() => {});
  }
}

function unfit(tag: string, why: string): UserError {
  return new UserError(`the image ${tag} cannot run sandboxes: it needs python3 >= 3.8 and bash (${why})`);
}

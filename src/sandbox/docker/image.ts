// Whether an image is on the host and can run the supervisor: asked once per image, before anything is spent.
import { errorText, UserError } from "../../core/errors.ts";
import type { SandboxBackend } from "../../core/sandbox.ts";
import { ULIMITS } from "./createOptions.ts";
import { bounded, type Engine, statusOf } from "./engine.ts";

const FITNESS = `
import os, sys
if sys.version_info < (3, 8): sys.exit(8)
if not any(os.access(folder + "/bash", os.X_OK) for folder in os.get_exec_path()): sys.exit(9)
`;

/** A function that checks images on this engine and remembers the good ones by content. */
export function imageChecker(engine: Engine): SandboxBackend["checkImage"] {
  const fit = new Set<string>();
  return async (image) => {
    const tag = engine.imageTag(image);
    const asked = bounded(engine.docker.getImage(tag).inspect(), engine.deadline());
    const found = await asked.catch((error: unknown) => {
      if (statusOf(error) === 404) throw new UserError(missing(engine, image, tag));
      throw new UserError(`cannot ask ${engine.host} for the image ${tag}: ${errorText(error)}`);
    });
    if (!fit.has(found.Id)) {
      await checkPython(engine, tag);
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

async function checkPython(engine: Engine, tag: string): Promise<void> {
  const { docker } = engine;
  const abortSignal = engine.deadline();
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
    if (StatusCode === 9) throw new Error("no bash");
    if (StatusCode !== 0) throw new Error(`python3 ended with code ${StatusCode}`);
  } catch (error) {
    throw new UserError(
      `the image ${tag} cannot run sandboxes: it needs python3 >= 3.8 and bash (${errorText(error)})`,
    );
  } finally {
    await container.remove({ force: true, v: true }).catch(() => {});
  }
}

// Builds images out of their folders, each after the one it stands on. What is up to date, by the hash of the folder and of its base,
// is left as it is. An image is `nightshift/NAME:latest` for sandboxes, and `nightshift/NAME:HASH` for telling it from an older one.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import { hashOf } from "../core/hash.ts";
import { type BaseOptions, ensureBase } from "./base.ts";
import { layOutContext, passedArguments } from "./buildSettings.ts";
import { CONTEXT_LABEL, FOLDER_LABEL, type FoundImage, type ImageEngine, NAME_LABEL } from "./engine.ts";
import type { ImageFolder } from "./imageFolder.ts";
import { unpackTree } from "./tree.ts";

const TAG_DIGITS = 16;

export interface BuildOptions extends BaseOptions {
  /** The user's own base image; null: one is made. */
  readonly base: string | null;
  /** Where images are unpacked too; null: they are not. */
  readonly trees: string | null;
  readonly env: (name: string) => string | undefined;
}

/** Builds these images, in this order. Throws a UserError with the engine's last words where one cannot be built; those before it stay. */
export async function buildImages(
  engine: ImageEngine,
  images: readonly ImageFolder[],
  options: BuildOptions,
  signal: AbortSignal,
): Promise<void> {
  await engine.probe();
  const base = options.base ?? (await ensureBase(engine, options, signal));
  if ((await engine.inspect(base)) === null) await engine.pull(base);
  for (const image of images) {
    const stands = image.parent === null ? base : latestTag(engine, image.parent);
    const built = await ensureImage(engine, image, stands, options);
    if (options.trees === null) continue;
    const place = { trees: options.trees, name: image.name, folderHash: image.hash };
    const unpacked = await unpackTree(engine, built, place, signal);
    options.say(
      `${path.join(options.trees, image.name)} ${unpacked ? "unpacked for bubblewrap" : "is up to date"}`,
    );
  }
}

/** The tag that sandboxes use. */
export function latestTag(engine: ImageEngine, name: string): string {
  return `${engine.repository(name)}:latest`;
}

async function ensureImage(
  engine: ImageEngine,
  image: ImageFolder,
  base: string,
  { env, say }: BuildOptions,
): Promise<FoundImage> {
  const context = hashOf("built", { base: (await engine.inspect(base))?.id ?? base, folder: image.hash });
  const tag = `${engine.repository(image.name)}:${context.slice(0, TAG_DIGITS)}`;
  const latest = latestTag(engine, image.name);
  const current = await engine.inspect(latest);
  if (current?.labels[CONTEXT_LABEL] === context) {
    say(`${latest} is up to date`);
    return current;
  }
  const scratch = await mkdtemp(path.join(tmpdir(), "nightshift-image-"));
  try {
    const folder = path.join(scratch, "context");
    await layOutContext(image.folder, folder, env);
    const labels = { [NAME_LABEL]: image.name, [FOLDER_LABEL]: image.hash, [CONTEXT_LABEL]: context };
    const words = [
      ...["--build-arg", `BASE=${base}`],
      ...passedArguments(env, image.args).flatMap((name) => ["--build-arg", name]),
      ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    ];
    say(`building ${latest} from ${image.folder}`);
    await engine.build(folder, tag, words, `building the image ${image.name} from ${image.folder}`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await engine.tag(tag, latest);
  const built = await engine.inspect(latest);
  if (built === null) throw new UserError(`${latest}: ${engine.name} does not have what it just built`);
  say(`${latest} built, ${Math.round(built.bytes / 1_000_000)} MB`);
  return built;
}

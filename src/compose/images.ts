// Puts `images` together: where image folders, unpacked images and the base's archive are on this machine, and one build at a time.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { buildImages } from "../images/buildImages.ts";
import { type EngineName, imageEngine } from "../images/engine.ts";
import { inOrder, readImageFolders } from "../images/imageFolder.ts";
import { type ImageRow, imageRows, type Pruned, pruneImages } from "../images/imageRows.ts";
import { holdLock } from "../tasks/data/holdLock.ts";
import { treesOf } from "./backends.ts";
import { cacheRootOf } from "./cacheRoot.ts";
import { PACKAGE_ROOT } from "./packageRoot.ts";
import type { World } from "./world.ts";

/** What nearly every task needs; the others take minutes and gigabytes, and are built by name. */
const USUAL_IMAGES = ["python"];
const SYSTEM_FOLDER = "/var/cache/nightshift";

/** The user's own folders first, as tasks find them. */
export function imageRoots(): readonly string[] {
  const roots = [path.resolve("tasks/_images"), path.join(PACKAGE_ROOT, "tasks/_images")];
  return [...new Set(roots)].filter((root) => existsSync(root));
}

export interface BuildRequest {
  readonly names: readonly string[];
  readonly engine: EngineName;
  readonly base: string | null;
  readonly mirror: string | null;
  readonly trees: boolean;
}

/** Builds images by name, or the usual ones. Throws a UserError where one cannot be built. */
export async function buildNamedImages(
  world: World,
  { names, engine: name, base, mirror, trees }: BuildRequest,
  signal: AbortSignal,
): Promise<void> {
  const images = inOrder(await readImageFolders(imageRoots()), names.length === 0 ? USUAL_IMAGES : names);
  const isRoot = process.getuid?.() === 0;
  const cache = cacheRootOf(world);
  const folder = isRoot && world.env("NIGHTSHIFT_CACHE") === undefined ? SYSTEM_FOLDER : cache;
  await mkdir(folder, { recursive: true });
  await using _lock = await holdLock(path.join(folder, `images-${name}.lock`), "building images");
  await buildImages(
    imageEngine(name, world.say, signal),
    images,
    {
      base,
      mirror,
      folder,
      isRoot,
      trees: trees ? ownTrees(world, isRoot) : null,
      env: world.env,
      toolEnv: world.toolEnv,
      say: world.say,
    },
    signal,
  );
}

/** Every image with its state. */
export async function listImages(
  world: World,
  name: EngineName,
  signal: AbortSignal,
): Promise<readonly ImageRow[]> {
  const engine = imageEngine(name, () => {}, signal);
  await engine.probe();
  return imageRows(engine, await readImageFolders(imageRoots()), treesOf(world));
}

/** Removes images that no folder wants any more. */
export async function pruneNamedImages(
  world: World,
  { names, engine: name, trees }: Pick<BuildRequest, "names" | "engine" | "trees">,
  signal: AbortSignal,
): Promise<readonly Pruned[]> {
  const engine = imageEngine(name, () => {}, signal);
  const folders = await readImageFolders(imageRoots());
  const isRoot = process.getuid?.() === 0;
  return pruneImages(engine, folders, { names, trees: trees ? ownTrees(world, isRoot) : null });
}

/** Where this user may unpack images; `treesOf` looks there first. */
function ownTrees(world: World, isRoot: boolean): string {
  if (world.env("NIGHTSHIFT_IMAGE_TREES") !== undefined || isRoot) return treesOf(world);
  return path.join(world.env("XDG_CACHE_HOME") ?? path.dirname(cacheRootOf(world)), "nightshift", "trees");
}

// A folder with a Dockerfile: what image it makes, out of which other, and the hash that names it.
import { lstat, readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../core/errors.ts";
import { hashOf, sha256 } from "../core/hash.ts";
import { nearestName } from "../core/nearest.ts";
import { isBuildSetting } from "./buildSettings.ts";

const FILES_MAX = 1_000;
const BYTES_MAX = 64 * 1024 * 1024;
const NAME = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

export interface ImageFolder {
  readonly name: string;
  readonly folder: string;
  /** Of its files and, where it stands on another of our images, of that one's. */
  readonly hash: string;
  /** Another of our images that it stands on; null: the base. */
  readonly parent: string | null;
  /** The names that its Dockerfile takes by ARG. */
  readonly args: ReadonlySet<string>;
}

/** Every image by name; a folder in an earlier root hides one of the same name in a later. Throws a UserError where one cannot be built. */
export async function readImageFolders(roots: readonly string[]): Promise<ReadonlyMap<string, ImageFolder>> {
  const places = new Map<string, string>();
  for (const root of roots) {
    const names = await readdir(root).catch(() => []);
    for (const name of names.sort()) {
      const folder = path.join(root, name);
      if (!places.has(name) && (await stat(folder)).isDirectory()) places.set(name, folder);
    }
  }
  const read = new Map<string, Awaited<ReturnType<typeof readFolder>>>();
  for (const [name, folder] of places) read.set(name, await readFolder(name, folder, places));
  const hashed = new Map<string, string>();
  const hashWithParents = (name: string, trail: readonly string[]): string => {
    const known = hashed.get(name);
    if (known !== undefined) return known;
    if (trail.includes(name)) {
      throw new UserError(`the images ${[...trail, name].join(" → ")} stand on each other`);
    }
    const own = read.get(name);
    if (own === undefined) throw new Error(`no image ${name}`);
    const parent = own.parent === null ? null : hashWithParents(own.parent, [...trail, name]);
    const hash = hashOf("image", { parent, files: own.files });
    hashed.set(name, hash);
    return hash;
  };
  return new Map(
    [...read].map(([name, { folder, parent, args }]) => {
      return [name, { name, folder, parent, args, hash: hashWithParents(name, []) }] as const;
    }),
  );
}

/** The images of these names with those that they stand on, each after its parent. Throws a UserError for a name that there is not. */
export function inOrder(
  images: ReadonlyMap<string, ImageFolder>,
  names: readonly string[],
): readonly ImageFolder[] {
  const ordered = new Map<string, ImageFolder>();
  const visit = (name: string): void => {
    const image = images.get(name);
    if (image === undefined) throw new UserError(unknownImage(name, [...images.keys()]));
    if (image.parent !== null) visit(image.parent);
    ordered.set(name, image);
  };
  for (const name of names) visit(name);
  return [...ordered.values()];
}

function unknownImage(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  const remedy = near === null ? `there are ${known.join(", ")}` : `did you mean \`${near}\`?`;
  return `there is no image ${JSON.stringify(name)} in tasks/_images; ${remedy}`;
}

/** Path and content hash of each file, sorted; links and special files are refused. */
async function filesOf(folder: string): Promise<readonly { path: string; sha256: string }[]> {
  const files: { path: string; sha256: string }[] = [];
  let bytes = 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const full = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    const info = await lstat(full);
    bytes += info.size;
    if (!info.isFile()) throw new UserError(`${full}: not a regular file; an image's folder has files only`);
    if (files.length === FILES_MAX || bytes > BYTES_MAX) {
      throw new UserError(
        `${folder}: more than ${FILES_MAX} files or ${BYTES_MAX / 1_048_576} MB; fetch what is large in a RUN line`,
      );
    }
    files.push({ path: path.relative(folder, full), sha256: sha256(await readFile(full)) });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function readFolder(name: string, folder: string, all: ReadonlyMap<string, string>) {
  if (!NAME.test(name)) {
    throw new UserError(`${folder}: an image's name has small letters, digits, ".", "_" and "-" only`);
  }
  const file = path.join(folder, "Dockerfile");
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) throw new UserError(`${file}: missing; every folder of tasks/_images has one`);
  const lines = text.split("\n");
  const base = lines.findIndex((line) => /^ARG\s+BASE(?:=|\s*$)/i.test(line));
  const stages = lines.flatMap((line, index) => (/^\s*FROM\s/i.test(line) ? [index] : []));
  const lastStage = stages.at(-1);
  if (base === -1 || lastStage === undefined || base > (stages[0] ?? -1)) {
    throw new UserError(
      `${file}:1: there is no \`ARG BASE\` before the first FROM; begin with \`ARG BASE=debian:bookworm-slim\` and \`FROM \${BASE}\``,
    );
  }
  for (const [index, line] of lines.entries()) {
    if (index > lastStage && isBuildSetting(line)) {
      throw new UserError(
        `${file}:${index + 1}: \`${line.trim()}\` in the last stage would keep this machine's settings in the image; ` +
          "install in an earlier stage and copy what was installed from it",
      );
    }
  }
  const stands = /^ARG\s+BASE=(?:localhost\/)?nightshift\/([^:\s]+)/i.exec(lines[base] ?? "")?.[1];
  if (stands !== undefined && !all.has(stands)) {
    throw new UserError(`${file}:${base + 1}: ${unknownImage(stands, [...all.keys()])}`);
  }
  const args = new Set(lines.flatMap((line) => /^\s*ARG\s+(\w+)/i.exec(line)?.[1] ?? []));
  return { folder, parent: stands ?? null, args, files: await filesOf(folder) };
}

// What there is of images: those that folders describe, whether they are built and unpacked, and those that no folder wants any more.
import { FOLDER_LABEL, type FoundImage, type ImageEngine, NAME_LABEL } from "./engine.ts";
import type { ImageFolder } from "./imageFolder.ts";
import { removeTree, treeNote } from "./tree.ts";

export interface ImageRow {
  readonly name: string;
  readonly state: "built" | "out of date" | "not built" | "no folder";
  /** 0 where it is not built. */
  readonly bytes: number;
  readonly tree: "unpacked" | "out of date" | "none";
}

/** A row for each folder, and one for each name of images of ours without a folder. */
export async function imageRows(
  engine: ImageEngine,
  images: ReadonlyMap<string, ImageFolder>,
  trees: string,
): Promise<readonly ImageRow[]> {
  const rows: ImageRow[] = [];
  for (const { name, hash } of images.values()) {
    const found = await engine.inspect(`${engine.repository(name)}:latest`);
    const isCurrent = found?.labels[FOLDER_LABEL] === hash;
    const note = await treeNote(trees, name);
    const isSame = found !== null && note?.digest === found.id && isCurrent;
    rows.push({
      name,
      state: found === null ? "not built" : isCurrent ? "built" : "out of date",
      bytes: found?.bytes ?? 0,
      tree: note === null ? "none" : isSame || note.folder === hash ? "unpacked" : "out of date",
    });
  }
  for (const found of await engine.labelled()) {
    const name = ownName(engine, found);
    if (name === null || images.has(name) || rows.some((row) => row.name === name)) continue;
    rows.push({ name, state: "no folder", bytes: found.bytes, tree: "none" });
  }
  return rows;
}

export interface Pruned {
  readonly what: string;
  /** Why it is still there; null where it is gone. */
  readonly kept: string | null;
}

/**
 * Removes images and, with `trees`, unpacked ones that no folder describes as it is now: of these names, or with none of every name that
 * has a folder. An image of another project, whose folder is not seen from here, goes only by its name.
 */
export async function pruneImages(
  engine: ImageEngine,
  images: ReadonlyMap<string, ImageFolder>,
  { names, trees }: { readonly names: readonly string[]; readonly trees: string | null },
): Promise<readonly Pruned[]> {
  await engine.probe();
  const chosen = new Set(names.length === 0 ? images.keys() : names);
  const pruned: Pruned[] = [];
  for (const found of await engine.labelled()) {
    const name = ownName(engine, found);
    if (name === null || !chosen.has(name)) continue;
    const latest = `${engine.repository(name)}:latest`;
    const isWanted = found.labels[FOLDER_LABEL] === images.get(name)?.hash && found.tags.includes(latest);
    if (isWanted) continue;
    // Only our own tags: what somebody else named is theirs.
    for (const tag of found.tags.filter((tag) => tag.startsWith(`${engine.repository(name)}:`))) {
      pruned.push({ what: tag, kept: await engine.remove(tag) });
    }
  }
  for (const name of trees === null ? [] : chosen) {
    const note = trees === null ? null : await treeNote(trees, name);
    if (trees === null || note?.folder === undefined || note.folder === images.get(name)?.hash) continue;
    await removeTree(trees, name);
    pruned.push({ what: `${trees}/${name}`, kept: null });
  }
  return pruned;
}

/** The name of an image of ours that still bears one of our tags; null for what was only built on top of one. */
function ownName(engine: ImageEngine, { labels, tags }: FoundImage): string | null {
  const name = labels[NAME_LABEL];
  if (name === undefined) return null;
  return tags.some((tag) => tag.startsWith(`${engine.repository(name)}:`)) ? name : null;
}

// An image unpacked as a root file system for bubblewrap, beside a note of what it is. The note comes last: half a tree is no tree.
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { FoundImage, ImageEngine } from "./engine.ts";
import { runProgram } from "./program.ts";

const NOTE = "nightshift-image.json";
const UNPACK_MS_MAX = 1_800_000;
/** `digest` is what the sandbox records; `folder` tells whether a Dockerfile still wants this tree. */
const noteSchema = z.looseObject({ digest: z.string(), folder: z.string().optional() });

/** The note beside a tree; null where there is no whole one. */
export async function treeNote(trees: string, name: string): Promise<z.infer<typeof noteSchema> | null> {
  const text = await readFile(path.join(trees, `${name}.${NOTE}`), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch {
    // What nobody can read says nothing about the tree beside it.
    return null;
  }
}

/** Unpacks `image` to `trees/name`, in place of an older one. Returns false where it is there already. */
export async function unpackTree(
  engine: ImageEngine,
  image: FoundImage,
  { trees, name, folderHash }: { trees: string; name: string; folderHash: string },
  signal: AbortSignal,
): Promise<boolean> {
  const old = await treeNote(trees, name);
  if (old?.digest === image.id && old.folder === folderHash) return false;
  await mkdir(trees, { recursive: true, mode: 0o755 });
  const unfinished = path.join(trees, `.${name}.unfinished`);
  const archive = `${unfinished}.tar`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o755 });
    await engine.exportTree(image.id, archive);
    const words = ["-C", unfinished, "--exclude=./dev/*", "--exclude=dev/*", "-xf", archive];
    const options = {
      what: `unpacking the image ${name}`,
      timeoutMs: UNPACK_MS_MAX,
      absent: "install tar",
    };
    await runProgram(["tar", ...words], options, signal);
    await removeTree(trees, name);
    await rename(unfinished, path.join(trees, name));
    const note = { digest: image.id, image: `${engine.repository(name)}:latest`, folder: folderHash };
    await writeFile(path.join(trees, `${name}.${NOTE}`), `${JSON.stringify(note)}\n`);
  } finally {
    await rm(archive, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
  return true;
}

/** The note goes first, so that what is being removed is not taken for a tree. */
export async function removeTree(trees: string, name: string): Promise<void> {
  await rm(path.join(trees, `${name}.${NOTE}`), { force: true });
  await rm(path.join(trees, name), { recursive: true, force: true });
}

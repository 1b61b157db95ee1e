// Writes a small JSON file so that a reader sees the old one or the new one whole, also after a power cut.
import { randomUUID } from "node:crypto";
import { link, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "./disk.ts";

/** Replaces (or makes) the file at `path`; durable when it resolves. Numbers that JSON cannot carry become null. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await publish(path, value, rename);
}

/** As writeJson, but rejects with EEXIST where the file is there already: of many who try at once, one wins. */
export async function createJson(path: string, value: unknown): Promise<void> {
  await publish(path, value, async (draft, final) => {
    await link(draft, final);
    await unlink(draft);
  });
}

async function publish(
  path: string,
  value: unknown,
  place: (draft: string, path: string) => Promise<void>,
): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    await using file = await open(draft, "wx", 0o644);
    await file.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await file.datasync();
    await place(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

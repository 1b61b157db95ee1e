// All attacks: every file of `attacks/` is asked for its list `attacks`.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Attack } from "./attack.ts";

const FOLDER = fileURLToPath(new URL("../attacks", import.meta.url));

/** Every attack, those on the host first, by id within a file. Throws where an id stands twice. */
export async function allAttacks(): Promise<readonly Attack[]> {
  const files = (await readdir(FOLDER, { recursive: true })).filter((name) => name.endsWith(".ts")).sort();
  const found: Attack[] = [];
  for (const file of files) {
    const module: { readonly attacks?: readonly Attack[] } = await import(
      pathToFileURL(path.join(FOLDER, file)).href
    );
    if (module.attacks === undefined) throw new Error(`${file} has no list \`attacks\``);
    found.push(...module.attacks);
  }
  const ids = found.map(({ id }) => id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw new Error(`two attacks are called ${twice}`);
  return found;
}

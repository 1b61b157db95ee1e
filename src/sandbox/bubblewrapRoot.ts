// The root file systems of bubblewrap sandboxes: an image's tree where one was built, else this host's programs.
import { copyFile, cp, mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";
import type { RootEntry } from "./bubblewrapArguments.ts";

/** Beside each tree: what it was made of. */
const TREE_NOTE = "nightshift-image.json";
const treeNoteSchema = z.looseObject({ digest: z.string().min(1) });

/** The sandbox has its own of these, or nothing. */
const OWN_NAMES = new Set(["proc", "dev", "sys", "tmp", "run", "work", "data", "mnt", "media", "boot"]);
/** Names at the top that hold programs and libraries, or lead to where they are. */
const PROGRAM_NAMES = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/** What of the host's settings programs need to run. Users, hosts and the rest are the sandbox's own. */
const SETTINGS_COPIED = ["ld.so.cache", "alternatives"];
const OWN_SETTINGS: Readonly<Record<string, string>> = {
  passwd: "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/work:/bin/bash\n",
  group: "root:x:0:\nnogroup:x:65534:\n",
  hosts: "127.0.0.1 localhost\n::1 localhost\n127.0.0.1 sandbox\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

/** This host's /usr with settings of our own, laid into `folder`. `prefixes`: what else the interpreter needs. */
export async function hostRoot(folder: string, prefixes: readonly string[]): Promise<readonly RootEntry[]> {
  const settings = join(folder, "etc");
  await mkdir(settings, { mode: 0o755 });
  for (const [name, text] of Object.entries(OWN_SETTINGS)) {
    await writeFile(join(settings, name), text, { mode: 0o644 });
  }
  for (const name of SETTINGS_COPIED) {
    const source = join("/etc", name);
    const info = await stat(source).catch(() => null);
    if (info?.isDirectory()) {
      await cp(source, join(settings, name), { recursive: true, verbatimSymlinks: true });
    } else if (info) await copyFile(source, join(settings, name));
  }
  const outside = prefixes.filter((path) => path !== "/usr" && !path.startsWith("/usr/"));
  return [
    { kind: "bind", source: "/usr", target: "/usr" },
    ...(await entriesOf("/", (name) => PROGRAM_NAMES.includes(name))),
    { kind: "bind", source: settings, target: "/etc" },
    ...outside.map((path) => ({ kind: "bind" as const, source: path, target: path })),
  ];
}

export interface ImageTree {
  readonly root: readonly RootEntry[];
  /** The image that the tree was unpacked from. */
  readonly digest: string;
}

/** The tree of an image below `trees`; null where none was built. Throws UserError where it is damaged. */
export async function imageTree(trees: string, image: string): Promise<ImageTree | null> {
  const folder = join(trees, image);
  const text = await readFile(`${folder}.${TREE_NOTE}`, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const { digest } = treeNoteSchema.parse(JSON.parse(text));
    return { digest, root: await entriesOf(folder, (name) => !OWN_NAMES.has(name) && !name.startsWith(".")) };
  } catch (error) {
    throw new UserError(
      `the image tree ${folder} is damaged (${errorText(error)}); build it again with ` +
        `\`nightshift images build ${image} --trees\`, or remove it to use this machine's own programs`,
    );
  }
}

async function entriesOf(folder: string, wanted: (name: string) => boolean): Promise<readonly RootEntry[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found: RootEntry[] = [];
  for (const entry of entries) {
    if (!wanted(entry.name)) continue;
    const [source, target] = [join(folder, entry.name), `/${entry.name}`];
    if (entry.isSymbolicLink()) found.push({ kind: "link", to: await readlink(source), target });
    else found.push({ kind: "bind", source, target });
  }
  return found;
}

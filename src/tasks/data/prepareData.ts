// Prepares a task's data: fetches its sources into the cache, runs its prepare.py over them, and puts the trees in place, whole or not at all.
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../../core/errors.ts";
import { hashOf } from "../../core/hash.ts";
import type { TaskData } from "../../core/task.ts";
import { pythonScript } from "../pythonScript.ts";
import { readTextFile } from "../readText.ts";
import { SEARCH_PATH, scriptEnvironment } from "../scriptEnvironment.ts";
import { type DataSource, parseDataFile } from "./dataFile.ts";
import { fetchPackage } from "./fetchPackage.ts";
import { fetchUrl } from "./fetchUrl.ts";
import { holdLock } from "./holdLock.ts";
import { differsFrom, type PreparedNote, preparedPlaces, verifyPrepared } from "./preparedData.ts";
import { requireRoom } from "./requireRoom.ts";
import { runTool } from "./runTool.ts";
import { filesBelow, treeHash } from "./treeHash.ts";

const PREPARE_MS_MAX = 3_600_000;
/** A copy of what was fetched, and what is prepared of it. */
const ROOM_FACTOR = 2;
/** The time that every prepared file bears: the first second of 2020. */
const FILE_TIME_SECONDS = 1_577_836_800;
const PYTHON_HELPERS = fileURLToPath(new URL("../python/", import.meta.url));

export interface PrepareOptions {
  readonly id: string;
  /** The task's folder on this host. */
  readonly folder: string;
  readonly data: TaskData;
  readonly cacheRoot: string;
  readonly python: string;
  /** What the tools that fetch packages see: their own settings, and no keys. The script sees its search path alone. */
  readonly env: Readonly<Record<string, string>>;
  /** What is going on, a line at a time; numbers of bytes come often. */
  readonly onProgress: (text: string) => void;
}

/**
 * Leaves the prepared trees in the cache and returns what they are. Sources that are there already are not fetched again.
 * Throws a UserError where a source cannot be had, the script fails, or, unless `recording`, the trees are not those that data.yaml records.
 */
export async function prepareData(
  { id, folder, data, cacheRoot, python, env, onProgress }: PrepareOptions,
  recording: boolean,
  signal: AbortSignal,
): Promise<PreparedNote> {
  const declared = parseDataFile(
    await readTextFile(path.join(folder, "data.yaml"), "the task's data file"),
    path.join(folder, "data.yaml"),
  );
  const places = preparedPlaces(cacheRoot, data.recipe);
  await mkdir(path.dirname(places.folder), { recursive: true });
  await using _lock = await holdLock(`${places.folder}.lock`, `preparing the data of ${id}`);
  const scratch = await mkdtemp(path.join(path.dirname(places.folder), ".preparing-"));
  try {
    const sources = path.join(scratch, "sources");
    await mkdir(sources);
    for (const [index, source] of declared.sources.entries()) {
      const name = source.kind === "url" ? source.path : `${source.kind} ${source.package}`;
      onProgress(`${id}: source ${index + 1} of ${declared.sources.length}: ${name}`);
      const held = await heldSource(
        source,
        { cacheRoot, env, say: (text) => onProgress(`${id}: ${name}: ${text}`) },
        signal,
      );
      const bytes = (await filesBelow(held)).reduce((sum, file) => sum + file.bytes, 0);
      await requireRoom(scratch, ROOM_FACTOR * bytes, `preparing the data of ${id}`);
      await layOut(held, path.join(sources, `${index}-${nameOf(source)}`));
    }
    const out = path.join(scratch, "out");
    onProgress(`${id}: preparing`);
    const script = path.resolve(folder, declared.prepare);
    const note = await runPrepare(
      { id, python, script, sources, out, cwd: scratch, searchPath: env["PATH"] ?? SEARCH_PATH },
      signal,
    );
    const differs = recording ? null : differsFrom(data, note);
    if (differs !== null) {
      throw new UserError(
        `the data of ${id}: ${differs}; if that is meant, record it with \`nightshift data prepare ${id} --record\``,
      );
    }
    // The same trees stay where they are: sandboxes of a run may have them mounted.
    const prepared = { public: note.public.hash, hidden: note.hidden.hash };
    const isThere = await verifyPrepared({ ...data, prepared }, cacheRoot, signal).then(
      (fault) => fault === null,
      () => false,
    );
    signal.throwIfAborted();
    if (!isThere) await putInPlace(out, note, places);
    onProgress(
      `${id}: prepared, ${note.public.files} files for agents, ${note.hidden.files} for the judge alone`,
    );
    return note;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Runs a prepare script over sources and hashes the two trees that it leaves in `out`. Throws a UserError where it fails. */
export async function runPrepare(
  of: {
    readonly id: string;
    readonly python: string;
    readonly script: string;
    readonly sources: string;
    readonly out: string;
    readonly cwd: string;
    readonly searchPath: string;
  },
  signal: AbortSignal,
): Promise<PreparedNote> {
  const { id, python, script, sources, out, cwd, searchPath } = of;
  for (const part of ["public", "hidden"]) await mkdir(path.join(out, part), { recursive: true });
  await runTool(
    pythonScript(python, PYTHON_HELPERS, script, [sources, out]),
    {
      cwd,
      env: scriptEnvironment(cwd, searchPath),
      timeoutMs: PREPARE_MS_MAX,
      absent: "install python3",
      what: `preparing the data of ${id} by ${script}`,
    },
    signal,
  );
  return {
    public: await treeHash(path.join(out, "public"), signal),
    hidden: await treeHash(path.join(out, "hidden"), signal),
  };
}

/** The folder of a source's files in the cache, fetched where it is not there yet. */
async function heldSource(
  source: DataSource,
  {
    cacheRoot,
    env,
    say,
  }: Pick<PrepareOptions, "cacheRoot" | "env"> & { readonly say: (text: string) => void },
  signal: AbortSignal,
): Promise<string> {
  const held = path.join(cacheRoot, "sources", hashOf("source", source));
  if (await exists(held)) {
    say("is in the cache");
    return held;
  }
  // Sources hold the labels too: no other user of this machine, such as a sandbox's, may look at them.
  await mkdir(path.dirname(held), { recursive: true });
  await chmod(path.dirname(held), 0o700);
  await using _lock = await holdLock(`${held}.lock`, `fetching ${nameOf(source)}`);
  // Another process may have fetched it between the look and the lock.
  if (await exists(held)) return held;
  const partial = `${held}.partial`;
  if (source.kind === "url") {
    // What has come so far stays where it is, for the next try.
    const file = path.join(partial, source.path);
    await mkdir(path.dirname(file), { recursive: true });
    const told = everyPercent(say);
    await fetchUrl(source, file, told, signal);
  } else {
    await rm(partial, { recursive: true, force: true });
    await mkdir(path.join(partial, "scratch"), { recursive: true });
    const tree = await fetchPackage(source, { scratch: path.join(partial, "scratch"), env }, signal);
    await mkdir(path.join(partial, "files"));
    const wanted = (await filesIn(tree)).filter((file) =>
      source.files.some((pattern) => path.matchesGlob(file, pattern)),
    );
    const unmet = source.files.find((pattern) => !wanted.some((file) => path.matchesGlob(file, pattern)));
    if (unmet !== undefined) {
      throw new UserError(
        `${source.kind} package ${source.package} has no file ${unmet}; look into another version`,
      );
    }
    for (const file of wanted) {
      await mkdir(path.dirname(path.join(partial, "files", file)), { recursive: true });
      await copyFile(path.join(tree, file), path.join(partial, "files", file));
    }
    await rm(path.join(partial, "scratch"), { recursive: true, force: true });
    await rename(path.join(partial, "files"), held);
    await rm(partial, { recursive: true, force: true });
    return held;
  }
  await rename(partial, held);
  return held;
}

/** Regular files of an unpacked package; links of a package are followed by nobody. */
async function filesIn(tree: string): Promise<readonly string[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(tree, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .sort();
}

async function layOut(from: string, to: string): Promise<void> {
  for (const { path: file } of await filesBelow(from)) {
    await mkdir(path.dirname(path.join(to, file)), { recursive: true });
    await copyFile(path.join(from, file), path.join(to, file));
  }
}

/** Read-only, and hidden from other users, before it is there under its name. */
async function putInPlace(
  out: string,
  note: PreparedNote,
  places: ReturnType<typeof preparedPlaces>,
): Promise<void> {
  const staged = `${places.folder}.staged`;
  await rm(staged, { recursive: true, force: true });
  await mkdir(path.join(staged, "private"), { recursive: true });
  await chmod(path.join(staged, "private"), 0o700);
  const folders = new Set<string>();
  for (const { path: file } of await filesBelow(out)) {
    await chmod(path.join(out, file), 0o444);
    for (let at = path.dirname(file); at !== "."; at = path.dirname(at)) folders.add(at);
    // The order in which the script wrote its files must not tell what is in them.
    await utimes(path.join(out, file), FILE_TIME_SECONDS, FILE_TIME_SECONDS);
  }
  // Whatever the umask is: a sandbox's user must get into every folder of what agents see.
  for (const folder of folders) await chmod(path.join(out, folder), 0o755);
  await rename(path.join(out, "public"), path.join(staged, "public"));
  await rename(path.join(out, "hidden"), path.join(staged, "private", "hidden"));
  await chmod(path.join(staged, "public"), 0o755);
  await writeFile(path.join(staged, "prepared.json"), `${JSON.stringify(note, null, 2)}\n`);
  await chmod(staged, 0o755);
  await rm(places.folder, { recursive: true, force: true });
  await rename(staged, places.folder);
}

function nameOf(source: DataSource): string {
  const name = source.kind === "url" ? path.basename(source.path) : source.package;
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^-+/, "");
}

function everyPercent(say: (text: string) => void): (done: number, total: number | null) => void {
  let told = "";
  return (done, total) => {
    const megabytes = `${Math.floor(done / 1_048_576)} MB`;
    const text = total === null ? megabytes : `${Math.floor((100 * done) / total)} % of ${total} bytes`;
    if (text === told) return;
    told = text;
    say(text);
  };
}

const exists = (place: string) =>
  stat(place).then(
    () => true,
    () => false,
  );

/** The text of a data.yaml with the hashes of what was prepared, in place of older ones. */
export async function recordPrepared(folder: string, note: PreparedNote): Promise<void> {
  const file = path.join(folder, "data.yaml");
  const text = await readFile(file, "utf8");
  const lines = `prepared:\n  public: ${note.public.hash}\n  hidden: ${note.hidden.hash}\n`;
  const old = /^prepared:[^\n]*\n?(?:[ \t]+[^\n]*\n?)*/m;
  const written = old.test(text) ? text.replace(old, lines) : `${text.replace(/\n*$/, "\n")}${lines}`;
  await writeFile(`${file}.partial`, written);
  await rename(`${file}.partial`, file);
}

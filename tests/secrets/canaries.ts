// Keys that are nobody's, one for each place where a key can be, and the search for them in every byte that a run leaves: in files, in
// compressed records, in tables, in what was printed, and in the arguments of processes.
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { readRows } from "../../src/dataset/readTable.ts";
import { archiveReader } from "../../src/store/archive.ts";

export type Canaries = Readonly<Record<string, string>>;

/** Values with characters that encodings change. */
export function makeCanaries(places: readonly string[]): Canaries {
  return Object.fromEntries(
    places.map((place) => [
      place,
      `cnry-${randomBytes(9).toString("hex")}/+${randomBytes(6).toString("base64url")}=`,
    ]),
  );
}

/** All ways in which a searcher who wrote nothing of the product would write a key down. */
function writtenAs(canary: string): readonly string[] {
  const base64 = ["", "u", "us"].flatMap((before) =>
    (["base64", "base64url"] as const).map((encoding) => {
      const skipped = before === "" ? 0 : before.length + 1;
      // The last characters depend on what follows.
      return Buffer.from(before + canary)
        .toString(encoding)
        .replaceAll("=", "")
        .slice(skipped, -3);
    }),
  );
  const hex = Buffer.from(canary).toString("hex");
  return [
    canary,
    canary.replaceAll("/", "\\/"),
    encodeURIComponent(canary),
    hex,
    hex.toUpperCase(),
    ...base64,
  ];
}

/** Where canaries are, as `place in what`; empty where they are nowhere. */
export function canariesIn(canaries: Canaries, bytes: string | Uint8Array, what: string): readonly string[] {
  const text = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1");
  return Object.entries(canaries).flatMap(([place, canary]) =>
    writtenAs(canary).flatMap((form, index) =>
      text.includes(form) ? [`${place} (form ${index}) in ${what}`] : [],
    ),
  );
}

/** Every file below a folder, as it lies there and as it reads: archive segments, tables. */
export async function canariesBelow(
  canaries: Canaries,
  folder: string,
): Promise<{
  readonly found: readonly string[];
  readonly files: number;
  readonly records: number;
  readonly rows: number;
}> {
  const found: string[] = [];
  let [files, records, rows] = [0, 0, 0];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    files++;
    found.push(...canariesIn(canaries, await readFile(file), file));
    if (entry.name.endsWith(".parquet")) {
      for await (const row of readRows(file)) {
        rows++;
        found.push(...canariesIn(canaries, JSON.stringify(row, plain), `${file} row ${rows}`));
      }
    }
  }
  for (const archive of existsSync(path.join(folder, "archive")) ? [path.join(folder, "archive")] : []) {
    const reader = archiveReader(archive);
    for (const segment of await reader.segments()) {
      for await (const scanned of reader.scan(segment)) {
        if (scanned.kind !== "trajectory") continue;
        records++;
        found.push(
          ...canariesIn(canaries, JSON.stringify(scanned.trajectory), `${archive} record ${records}`),
        );
      }
    }
  }
  return { found, files, records, rows };
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
}

/** Watches the arguments of every process of this machine until it is stopped, and then says where canaries were. */
export function watchArguments(canaries: Canaries): () => readonly string[] {
  const found = new Set<string>();
  const look = () => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        for (const one of canariesIn(canaries, words, `arguments of ${words.slice(0, 60)}`)) found.add(one);
      } catch {
        // It has ended.
      }
    }
  };
  const timer = setInterval(look, 100);
  return () => {
    clearInterval(timer);
    return [...found];
  };
}

/** A home folder in which tools have left their tokens. */
export async function homeWith(folder: string, canaries: Canaries): Promise<string> {
  const of = (place: string) => canaries[place] ?? "";
  for (const name of [".docker", ".cache/huggingface"])
    await mkdir(path.join(folder, name), { recursive: true });
  const auth = Buffer.from(`user:${of("docker")}`).toString("base64");
  await writeFile(
    path.join(folder, ".docker/config.json"),
    JSON.stringify({ auths: { "registry.example": { auth } } }),
  );
  await writeFile(path.join(folder, ".cache/huggingface/token"), `${of("hubFile")}\n`);
  await writeFile(path.join(folder, ".npmrc"), `//registry.example/:_authToken=${of("npmrc")}\n`);
  await writeFile(path.join(folder, ".netrc"), `machine example login me password ${of("netrc")}\n`);
  return folder;
}

// Data from elsewhere, fetched from a server of our own that cuts connections, changes files and refuses: whole or not at all, and one
// sentence for each thing that goes wrong.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dataOf } from "../../src/tasks/data/dataFile.ts";
import { holdLock } from "../../src/tasks/data/holdLock.ts";
import { prepareData, recordPrepared } from "../../src/tasks/data/prepareData.ts";
import { preparedPlaces, verifyPrepared } from "../../src/tasks/data/preparedData.ts";

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251));
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");
const SCRIPT = `
import os, shutil, sys
sources, out = sys.argv[1:]
for part in ("public", "hidden"):
    os.makedirs(os.path.join(out, part), exist_ok=True)
shutil.copy(os.path.join(sources, "0-set.bin", "set.bin"), os.path.join(out, "public", "set.bin"))
with open(os.path.join(out, "hidden", "labels.csv"), "w") as file:
    file.write("id,label\\n1,0\\n")
`;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let address = "";
/** What the server does next, the last one for good; what was asked for. */
let answers: Answer[] = [];
let ranges: (string | undefined)[] = [];
let root = "";
let count = 0;

const whole: Answer = (_, response) => response.setHeader("content-length", CONTENT.length).end(CONTENT);
const status =
  (code: number): Answer =>
  (_, response) =>
    response.writeHead(code).end();
/** Sends so many bytes of what was asked for, then hangs up; knows ranges. */
const cutAfter =
  (bytes: number): Answer =>
  (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers = { "content-length": CONTENT.length - from };
    response.writeHead(from > 0 ? 206 : 200, {
      ...headers,
      ...(from > 0 ? { "content-range": `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` } : {}),
    });
    response.write(CONTENT.subarray(from, from + bytes), () =>
      from + bytes >= CONTENT.length ? response.end() : setTimeout(() => response.destroy(), 20),
    );
  };

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-data-"));
  // As another user's sandbox would come by it.
  await chmod(root, 0o755);
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    (answer ?? status(500))(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port");
  address = `http://127.0.0.1:${bound.port}/set.bin`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(() => {
  answers = [whole];
  ranges = [];
});

interface Changes {
  readonly script?: string;
  readonly sha256?: string | null;
  readonly bytesMax?: number;
  readonly source?: string;
  readonly python?: string;
}

/** A task's folder with data, and what prepares it. Each has a cache of its own. */
async function place(changes: Changes = {}) {
  count += 1;
  const folder = path.join(root, `task-${count}`);
  const cacheRoot = path.join(root, `cache-${count}`);
  await mkdir(folder);
  const sum = changes.sha256 === undefined ? SHA256 : changes.sha256;
  const source =
    changes.source ??
    `{ kind: url, url: "${address}", path: set.bin, bytesMax: ${changes.bytesMax ?? 400_000}${sum === null ? "" : `, sha256: ${sum}`} }`;
  await writeFile(
    path.join(folder, "data.yaml"),
    `licence: MIT\ndescription: A set.\nsources:\n  - ${source}\nbytes: 300000\n`,
  );
  await writeFile(path.join(folder, "prepare.py"), changes.script ?? SCRIPT);
  const said: string[] = [];
  const read = async () => {
    const names = ["data.yaml", "prepare.py"];
    const files = names.map(async (name) => ({
      path: name,
      data: await readFile(path.join(folder, name)),
      executable: false,
    }));
    const data = await dataOf(await Promise.all(files), "set");
    if (data === null) throw new Error("no data");
    return data;
  };
  const prepare = async (recording = false, signal = AbortSignal.timeout(60_000)) =>
    prepareData(
      {
        id: "set",
        folder,
        data: await read(),
        cacheRoot,
        python: changes.python ?? "python3",
        env: { PATH: process.env["PATH"] ?? "" },
        onProgress: (text) => said.push(text),
      },
      recording,
      signal,
    );
  const places = async () => preparedPlaces(cacheRoot, (await read()).recipe);
  return { folder, cacheRoot, said, read, prepare, places };
}

async function leftovers(cacheRoot: string): Promise<readonly string[]> {
  const names = await readdir(path.join(cacheRoot, "data"));
  return names.filter((name) => !/^[0-9a-f]{64}$/.test(name));
}

describe("preparing data", () => {
  it("leaves read-only trees, fetched once, with progress, and nothing beside them", async () => {
    const { cacheRoot, said, prepare, places } = await place();
    const note = await prepare();
    expect(note).toMatchObject({ public: { files: 1, bytes: CONTENT.length }, hidden: { files: 1 } });
    expect(said[0]).toBe("set: source 1 of 1: set.bin");
    expect(said.join("\n")).toMatch(/100 % of 300000 bytes/);
    const { public: tree } = await places();
    expect((await stat(path.join(tree, "set.bin"))).mode & 0o777).toBe(0o444);
    expect(await leftovers(cacheRoot)).toEqual([]);
    const { ino } = await stat(tree);
    expect(await prepare()).toEqual(note);
    expect(ranges).toHaveLength(1);
    // A run may have the tree mounted: the same one stays.
    expect((await stat(tree)).ino).toBe(ino);
  });

  it("records over what was recorded, on a last line without its end too", async () => {
    const { folder, read, prepare } = await place();
    const note = await prepare();
    const file = path.join(folder, "data.yaml");
    const old = "c".repeat(64);
    await writeFile(file, `${await readFile(file, "utf8")}prepared: { public: ${old}, hidden: ${old} }`);
    await recordPrepared(folder, note);
    expect((await read()).prepared).toEqual({ public: note.public.hash, hidden: note.hidden.hash });
  });

  it("opens every folder of what agents see, whatever the umask is", async () => {
    const script = `import os\nos.umask(0o077)\n${SCRIPT}
os.makedirs(os.path.join(out, "public", "a", "b"))
open(os.path.join(out, "public", "a", "b", "c.txt"), "w").write("x")
`;
    const { prepare, places } = await place({ script });
    await prepare();
    const { public: tree, private: shut } = await places();
    for (const name of ["a", "a/b"]) expect((await stat(path.join(tree, name))).mode & 0o777).toBe(0o755);
    expect((await stat(shut)).mode & 0o777).toBe(0o700);
  });

  it("puts back what was changed", async () => {
    const { cacheRoot, read, prepare, places } = await place();
    const note = await prepare();
    const { hidden, note: noted } = await places();
    const signal = AbortSignal.timeout(60_000);
    await rm(path.join(hidden, "labels.csv"));
    expect(await prepare()).toEqual(note);
    expect(await verifyPrepared(await read(), cacheRoot, signal)).toBeNull();
    await writeFile(noted, "{");
    expect(await prepare()).toEqual(note);
    expect(await verifyPrepared(await read(), cacheRoot, signal)).toBeNull();
  });

  it("goes on for one at a time, whoever finds a dead process's lock", async () => {
    const lock = path.join(root, "dead.lock");
    await writeFile(lock, "4194305\n");
    const held = await Promise.allSettled(Array.from({ length: 8 }, () => holdLock(lock, "work")));
    const taken = held.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(taken).toHaveLength(1);
    await taken[0]?.[Symbol.asyncDispose]();
    expect((await readdir(root)).filter((name) => name.startsWith("dead.lock"))).toEqual([]);
  });

  it("goes on where a connection broke, without asking for what is here", async () => {
    answers = [cutAfter(100_000), cutAfter(100_000), cutAfter(CONTENT.length)];
    const { prepare, places } = await place();
    await prepare();
    // Where exactly it broke is the network's: what was sent last may be lost with the connection.
    const rest = expect.stringMatching(/^bytes=[1-9]\d*-$/);
    expect(ranges).toEqual([undefined, rest, rest]);
    expect(await readFile(path.join((await places()).public, "set.bin"))).toEqual(CONTENT);
  });

  it("goes on after an interrupt", async () => {
    const stop = new AbortController();
    answers = [
      (request, response) => {
        cutAfter(150_000)(request, response);
        setTimeout(() => stop.abort(new Error("interrupted")), 5);
      },
      cutAfter(CONTENT.length),
    ];
    const { cacheRoot, prepare } = await place();
    await expect(prepare(false, stop.signal)).rejects.toThrow();
    expect(await leftovers(cacheRoot)).toEqual([]);
    expect((await prepare()).public.bytes).toBe(CONTENT.length);
  });

  it("starts over where the server knows no ranges", async () => {
    answers = [cutAfter(100_000), whole];
    const { prepare } = await place();
    expect((await prepare()).public.bytes).toBe(CONTENT.length);
    // A connection that broke before a byte was here is asked anew, without a range.
    expect(ranges).toHaveLength(2);
  });

  it("starts over where more is here than the server has", async () => {
    answers = [cutAfter(250_000), status(503)];
    const { prepare } = await place();
    await expect(prepare()).rejects.toThrow(
      /^cannot fetch http:\S+: the server answers 503; what came so far is kept, try again when it answers$/,
    );
    answers = [
      (_, response) => response.writeHead(416, { "content-range": `bytes */${CONTENT.length}` }).end(),
      whole,
    ];
    expect((await prepare()).public.bytes).toBe(CONTENT.length);
  });

  it.each([408, 429, 503])("tries again after %d", async (code) => {
    answers = [status(code), whole];
    const { prepare } = await place();
    expect((await prepare()).public.files).toBe(1);
  });

  it("records hashes that hold from then on, and notices a change", async () => {
    const { folder, cacheRoot, read, prepare, places } = await place();
    await recordPrepared(folder, await prepare(true));
    const data = await read();
    expect(data.prepared?.public).toMatch(/^[0-9a-f]{64}$/);
    const signal = AbortSignal.timeout(60_000);
    expect(await verifyPrepared(data, cacheRoot, signal)).toBeNull();
    const file = path.join((await places()).hidden, "labels.csv");
    await chmod(file, 0o644);
    await writeFile(file, "id,label\n1,1\n");
    expect(await verifyPrepared(data, cacheRoot, signal)).toBe("its hidden tree was changed");
  });

  it.skipIf(process.getuid?.() !== 0)(
    "hides labels and sources from other users, not what agents see",
    async () => {
      const { cacheRoot, prepare, places } = await place();
      await prepare();
      const { public: tree, hidden } = await places();
      const [source] = await readdir(path.join(cacheRoot, "sources"));
      const canRead = (file: string) => {
        try {
          execFileSync("cat", [file], { uid: 65_534, gid: 65_534, stdio: "ignore" });
          return true;
        } catch {
          return false;
        }
      };
      expect(canRead(path.join(tree, "set.bin"))).toBe(true);
      expect(canRead(path.join(hidden, "labels.csv"))).toBe(false);
      expect(canRead(path.join(cacheRoot, "sources", source ?? "", "set.bin"))).toBe(false);
    },
  );
});

const BAD: readonly { what: string; changes?: Changes; answer?: Answer; says: RegExp }[] = [
  {
    what: "a missing file",
    answer: status(404),
    says: /^cannot fetch http:\S+\/set\.bin: the server answers 404; look at the address$/,
  },
  {
    what: "no server",
    changes: { source: '{ kind: url, url: "http://127.0.0.1:9/set.bin", path: set.bin, bytesMax: 9 }' },
    says: /^cannot fetch http:\/\/127\.0\.0\.1:9\/set\.bin: .*; what came so far is kept, try again when it answers$/,
  },
  {
    what: "another file",
    changes: { sha256: "a".repeat(64) },
    says: /set\.bin: its SHA-256 is [0-9a-f]{64}, data\.yaml says a{64}; the file was changed, or is another one$/,
  },
  {
    what: "too large a file",
    changes: { bytesMax: 299_999 },
    says: /set\.bin: larger than data\.yaml's bytesMax \(299999\); it is another file$/,
  },
  {
    what: "too large a file of unknown length",
    changes: { bytesMax: 100_000 },
    answer: (_, response) => {
      response.write(CONTENT);
      response.end();
    },
    says: /larger than data\.yaml's bytesMax \(100000\)/,
  },
  {
    what: "a script that fails",
    changes: { script: "raise SystemExit('no column price in set.bin')\n" },
    says: /^preparing the data of set by \S+\/prepare\.py: python3 ended with 1: no column price in set\.bin$/,
  },
  {
    what: "a script that leaves a link",
    changes: { script: `${SCRIPT}\nos.symlink("/etc/passwd", os.path.join(out, "public", "passwd"))\n` },
    says: /\/public\/passwd: not a regular file; prepared data has files only$/,
  },
  {
    what: "no Python",
    changes: { python: "python-that-is-not-there" },
    says: /^preparing the data of set .*: there is no python-that-is-not-there here; install python3$/,
  },
  {
    what: "a small disk",
    changes: { bytesMax: 9_000_000_000_000_000 },
    answer: (_, response) => {
      response.setHeader("content-length", 9_000_000_000_000_000);
      response.write("x");
    },
    says: /^fetching http:\S+ takes 9000000000 MB, and \S+ has \d+ MB free; free some, or name another folder in NIGHTSHIFT_CACHE$/,
  },
];

describe("refuses", () => {
  it.each(BAD)("$what", { timeout: 30_000 }, async ({ changes, answer, says }) => {
    if (answer !== undefined) answers = [answer];
    const { cacheRoot, prepare, places } = await place(changes);
    await expect(prepare()).rejects.toThrow(says);
    expect(await leftovers(cacheRoot)).toEqual([]);
    await expect(stat((await places()).note)).rejects.toThrow(/ENOENT/);
  });

  it("what is not as recorded", async () => {
    const { folder, prepare } = await place();
    const note = await prepare(true);
    await recordPrepared(folder, { ...note, public: { ...note.public, hash: "b".repeat(64) } });
    await expect(prepare()).rejects.toThrow(
      /^the data of set: its public tree has the hash [0-9a-f]{64}, data\.yaml records b{64}: the source has changed; .* `nightshift data prepare set --record`$/,
    );
  });

  it("a second one at the same time, not what a killed one left", async () => {
    const { cacheRoot, read, prepare } = await place();
    const lock = path.join(cacheRoot, "data", `${(await read()).recipe}.lock`);
    await mkdir(path.dirname(lock), { recursive: true });
    await writeFile(lock, `${process.pid}\n`);
    await expect(prepare()).rejects.toThrow(
      new RegExp(
        `^preparing the data of set: another process \\(pid ${process.pid}\\) is at it; wait for it`,
      ),
    );
    // No process has this number: Linux gives none above 4,194,304.
    await writeFile(lock, "4194305\n");
    expect((await prepare()).public.files).toBe(1);
  });

  it.each([
    ["an unknown kind", "{ kind: torrent, url: x }", /data\.yaml:4:\d+: sources\.0.*(?:kind|torrent)/],
    [
      "a path that leaves",
      '{ kind: url, url: "http://x/y", path: ../y, bytesMax: 1 }',
      /:4:\d+: sources\.0\.path: .*\.\./,
    ],
    [
      "a file as an address",
      '{ kind: url, url: "file:///etc/passwd", path: y, bytesMax: 1 }',
      /sources\.0\.url: must be an http/,
    ],
    [
      "a range of versions",
      '{ kind: npm, package: a, version: "^1.0.0", files: ["*"] }',
      /sources\.0\.version: must be one exact version/,
    ],
    ["no files", "{ kind: debian, package: wordnet-base, files: [] }", /sources\.0\.files/],
    [
      "options as a package",
      '{ kind: debian, package: "-o=Dir=/", files: ["*"] }',
      /sources\.0\.package: must be a package's name/,
    ],
    [
      "a short hash",
      '{ kind: url, url: "http://x/y", path: y, bytesMax: 1, sha256: abc }',
      /sources\.0\.sha256: must be a SHA-256/,
    ],
  ])("%s in data.yaml", async (_, source, says) => {
    const { read } = await place({ source });
    await expect(read()).rejects.toThrow(says);
  });
});

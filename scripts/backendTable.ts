// Plays the quickstart on every sandbox backend that answers and holds the runs against one another: one table of rollout keys,
// outcomes, scores, wall time and leftovers; the last line is the same as JSON. Exit code 1 where anything differs or is left.
// Usage: node scripts/backendTable.ts [--perCell 2] [--backends process,bubblewrap,docker,podman]
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import Docker from "dockerode";
import { BACKEND_NAMES, type BackendName, NO_BLOBS, namedBackend } from "../src/compose/backends.ts";
import { createWorld } from "../src/compose/world.ts";
import { errorText } from "../src/core/errors.ts";
import { hashOf } from "../src/core/hash.ts";
import type { LedgerEvent } from "../src/core/ledger.ts";
import { readManifest } from "../src/dataset/manifest.ts";
import { hierarchies } from "../src/sandbox/cgroupFiles.ts";
import { readRun } from "../src/store/readRun.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RUN_MS_MAX = 1_800_000;
const LOOK_PAUSE_MS = 200;

const { values } = parseArgs({
  options: {
    perCell: { type: "string", default: "2" },
    backends: { type: "string", default: BACKEND_NAMES.join(",") },
  },
});
const world = await createWorld();

interface Row {
  readonly backend: BackendName;
  readonly rollouts: number;
  /** Hashes over what must be the same everywhere. */
  readonly keys: string;
  readonly outcomes: string;
  readonly scores: string;
  readonly tables: string;
  readonly bounded: string;
  readonly wallSeconds: number;
  readonly leftovers: readonly string[];
}

const rows: Row[] = [];
const absent: Record<string, string> = {};
for (const name of BACKEND_NAMES) {
  if (!values.backends.split(",").includes(name)) continue;
  const why = await obstacle(name);
  if (why === null) rows.push(await play(name));
  else absent[name] = why;
}

const columns = ["backend", "rollouts", "keys", "outcomes", "scores", "tables", "wall s", "left", "bounded"];
const cells = rows.map((row) => [
  row.backend,
  String(row.rollouts),
  ...[row.keys, row.outcomes, row.scores, row.tables].map((hash) => hash.slice(0, 10)),
  row.wallSeconds.toFixed(1),
  String(row.leftovers.length),
  row.bounded,
]);
const widths = columns.map((title, at) =>
  Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0)),
);
for (const row of [columns, ...cells]) {
  console.log(
    row
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
for (const row of rows) for (const what of row.leftovers) console.log(`left by ${row.backend}: ${what}`);
for (const [name, why] of Object.entries(absent)) console.log(`not played on ${name}: ${why}`);

const same = (what: "keys" | "outcomes" | "scores" | "tables") =>
  new Set(rows.map((row) => row[what])).size <= 1;
const verdict = {
  perCell: Number(values.perCell),
  equal: { keys: same("keys"), outcomes: same("outcomes"), scores: same("scores"), tables: same("tables") },
  leftovers: rows.reduce((sum, { leftovers }) => sum + leftovers.length, 0),
  absent,
  rows: rows.map(({ leftovers, ...row }) => ({ ...row, leftovers: leftovers.length })),
};
console.log(JSON.stringify(verdict));
const isGood = rows.length > 0 && Object.values(verdict.equal).every(Boolean) && verdict.leftovers === 0;
process.exitCode = isGood ? 0 : 1;

async function obstacle(name: BackendName): Promise<string | null> {
  const quiet = { ...world, log: { info: () => {}, warn: () => {} } };
  const backend = namedBackend(quiet, name, null, NO_BLOBS);
  try {
    await backend.checkImage("python");
    return null;
  } catch (error) {
    return errorText(error);
  } finally {
    await backend.close();
  }
}

async function play(backend: BackendName): Promise<Row> {
  // A temporary folder of its own: whatever is in it afterwards was left.
  const temporary = mkdtempSync(path.join(tmpdir(), "nt"));
  chmodSync(temporary, 0o755);
  const directory = path.join(temporary, "run");
  const scratch = new Set<string>();
  const looking = setInterval(() => {
    for (const name of readdirSync(temporary)) if (name.startsWith("ns-")) scratch.add(name);
  }, LOOK_PAUSE_MS);
  const startedAt = performance.now();
  const settings = [
    `rollouts.perCell=${values.perCell}`,
    "rollouts.groupSize=1",
    `sandbox.backend=${backend}`,
  ];
  try {
    const code = await nightshift(
      [
        "run",
        path.join(ROOT, "pipelines/quickstart.yaml"),
        ...settings.flatMap((setting) => ["--set", setting]),
        ...["--out", directory],
      ],
      temporary,
    );
    if (code !== 0) throw new Error(`the run on ${backend} ended with code ${code}`);
    const wallSeconds = (performance.now() - startedAt) / 1000;
    return {
      ...(await resultOf(directory)),
      backend,
      wallSeconds,
      leftovers: await left(backend, directory, temporary, scratch),
    };
  } finally {
    clearInterval(looking);
    rmSync(temporary, { recursive: true, force: true });
  }
}

function nightshift(args: readonly string[], temporary: string): Promise<number | null> {
  const child = spawn(process.execPath, [path.join(ROOT, "bin/nightshift.js"), ...args], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, TMPDIR: temporary },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), RUN_MS_MAX);
  return new Promise((resolve) => {
    child.on("exit", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

async function resultOf(directory: string) {
  const { events, archive, state } = await readRun(directory);
  const of = <K extends LedgerEvent["kind"]>(kind: K) =>
    events.filter((event): event is Extract<LedgerEvent, { kind: K }> => event.kind === kind);
  const ended = of("rollout-ended");
  const scores = of("evaluation-ended").map(({ evaluation }) =>
    evaluation.kind === "scored" ? [evaluation.key, evaluation.score] : [evaluation.key, evaluation.reason],
  );
  const [first] = [...state.rollouts.values()];
  const place = first?.archive ? (await archive.read(first.archive)).place : null;
  const bounded = Object.entries(place?.capabilities ?? {}).flatMap(([what, level]) =>
    level === "enforced" ? [what] : [],
  );
  const { tables } = await readManifest(path.join(directory, "dataset"));
  const hash = (what: string, list: readonly unknown[]) =>
    hashOf(what, list.map((item) => JSON.stringify(item)).sort());
  return {
    rollouts: ended.length,
    keys: hash(
      "keys",
      ended.map(({ key }) => key),
    ),
    outcomes: hash(
      "outcomes",
      ended.map(({ key, outcome }) => [key, outcome]),
    ),
    scores: hash("scores", scores),
    tables: hashOf(
      "tables",
      JSON.parse(JSON.stringify(Object.entries(tables).map(([name, table]) => [name, table.tableHash]))),
    ),
    bounded: bounded.join(" "),
  };
}

/** Containers, files, processes and cgroups that are still there. */
async function left(
  backend: BackendName,
  directory: string,
  temporary: string,
  scratch: ReadonlySet<string>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of readdirSync(temporary)) {
    // Node's own cache of compiled code, which it puts beside everything temporary.
    if (name === "run" || name === "node-compile-cache") continue;
    const inside = readdirSync(path.join(temporary, name));
    // The supervisor that containers mount is kept for the next run.
    const own = inside.filter((entry) => !/^supervisor-[0-9a-f]+\.py$/.test(entry));
    if (!name.startsWith("nightshift") || own.length > 0) found.push(`${name}: ${own.join(", ")}`);
  }
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const words = existsSync(`/proc/${pid}/cmdline`) ? commandLine(pid) : "";
    if (words.includes(temporary)) found.push(`process ${pid}: ${words.slice(0, 100)}`);
  }
  for (const { own, mountPoint } of await hierarchies()) {
    for (const parent of new Set([own, path.dirname(own), mountPoint])) {
      for (const name of scratch) {
        const cgroup = path.join(parent, `nightshift-${name}`);
        if (existsSync(cgroup)) found.push(`cgroup ${cgroup}`);
      }
    }
  }
  if (backend === "docker" || backend === "podman") {
    const usual = backend === "docker" ? "/var/run/docker.sock" : "/run/podman/podman.sock";
    const socketPath = world.env(`NIGHTSHIFT_${backend.toUpperCase()}_SOCKET`) ?? usual;
    const { runJson } = await readRun(directory);
    const label = [`nightshift.run=${runJson.runId}`];
    const containers = await new Docker({ socketPath }).listContainers({ all: true, filters: { label } });
    found.push(...containers.map(({ Id }) => `container ${Id.slice(0, 12)}`));
  }
  return found;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

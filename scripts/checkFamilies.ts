// Draws many instances of each family and checks them: distinct, the same bytes from the same seed, every gate of `tasks check` on all, the
// forgeries on a share. Usage: node scripts/checkFamilies.ts [family...] [--count 200] [--full 0.05] [--first 0] [--backend auto].
// A table, then one JSON line; exit 0 when every instance is sound and no two are alike.
import { parseArgs } from "node:util";
import { textTable } from "../src/cli/table.ts";
import { checkTasks, type TaskReport } from "../src/compose/checkTasks.ts";
import { listAllFamilies, openTask } from "../src/compose/tasks.ts";
import { createWorld } from "../src/compose/world.ts";
import { UserError } from "../src/core/errors.ts";
import { canonicalJson } from "../src/core/json.ts";

/** Judge seeds: enough to see noise, few enough for hundreds of instances. */
const SEEDS = 3;
/** Instances side by side: each is generated and judged by processes of its own. */
const AT_ONCE_MAX = 2;
/** Instances may draw the same parameters and still differ; this share of them must be alone with theirs. */
const ALONE_MIN = 0.95;
const DEFECTS_SHOWN_MAX = 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "200" },
    full: { type: "string", default: "0.05" },
    first: { type: "string", default: "0" },
    backend: { type: "string", default: "auto" },
  },
});
const count = Number(values.count);
const full = Number(values.full);
const first = Number(values.first);
if (![count, first].every(Number.isInteger) || count < 1 || first < 0 || !(full >= 0 && full <= 1)) {
  console.error("--count and --first are whole numbers, --full is a share from 0 to 1");
  process.exit(2);
}

interface Seen {
  readonly id: string;
  readonly report: TaskReport;
  readonly playHash: string | null;
  readonly parameters: string;
  readonly wasForged: boolean;
  readonly seconds: number;
}

const world = await createWorld();
const signal = new AbortController().signal;

/** Spread evenly: the first, and then whenever the share of so many has grown by one. */
const isForged = (index: number) => Math.ceil((index + 1) * full) > Math.ceil(index * full);

async function see(id: string, index: number): Promise<Seen> {
  const startedAt = world.clock.monotonic();
  const wasForged = isForged(index);
  const request = {
    ids: [id],
    all: false,
    backend: values.backend,
    seeds: SEEDS,
    record: false,
    quick: false,
    gpu: false,
    forgeries: wasForged ? 1 : 0,
  };
  const reports: TaskReport[] = [];
  for await (const report of checkTasks(world, request, signal)) reports.push(report);
  const [report] = reports;
  if (report === undefined) throw new Error(`${id}: tasks check said nothing`);
  const task = await openTask(world, id).catch((error: unknown) => {
    if (error instanceof UserError) return null;
    throw error;
  });
  return {
    id,
    report,
    playHash: task?.playHash ?? null,
    parameters: canonicalJson(task?.definition.parameters ?? {}),
    wasForged,
    seconds: (world.clock.monotonic() - startedAt) / 1000,
  };
}

/** An instance that cannot be generated counts as one that fails, and does not end the others. */
async function seeOrFail(id: string, index: number): Promise<Seen | string> {
  return see(id, index).catch((error: unknown) => {
    if (error instanceof UserError) return `${id}: ${error.message}`;
    throw error;
  });
}

async function checkFamily(family: string) {
  const startedAt = world.clock.monotonic();
  const seen: Seen[] = [];
  const failures: string[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      const one = await seeOrFail(`${family}/${first + index}`, index);
      if (typeof one === "string") failures.push(one);
      else seen.push(one);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE_MAX }, work));
  for (const { id, report } of seen) {
    for (const { text } of report.defects) failures.push(`${id}: ${text}`);
    if (report.notProven !== null) failures.push(`${id}: not proven here: ${report.notProven}`);
  }
  const isSound = ({ report }: Seen) => report.defects.length === 0 && report.notProven === null;
  const loads = ({ report }: Seen) => !report.defects.some(({ gate }) => gate === "loads");
  const forged = seen.filter(({ wasForged }) => wasForged);
  const wallSeconds = (world.clock.monotonic() - startedAt) / 1000;
  return {
    family,
    instances: count,
    distinct: new Set(seen.flatMap(({ playHash }) => playHash ?? [])).size,
    distinctParameters: new Set(seen.map(({ parameters }) => parameters)).size,
    // `tasks check` generates each instance a second time and compares the bytes.
    repeated: seen.filter(loads).length,
    passed: seen.filter(isSound).length,
    forged: forged.length,
    forgedHeld: forged.filter(
      (one) => isSound(one) && one.report.forgeries.tried > 0 && one.report.forgeries.held > 0,
    ).length,
    secondsEach: Number((wallSeconds / count).toFixed(2)),
    secondsMost: Number(Math.max(0, ...seen.map(({ seconds }) => seconds)).toFixed(1)),
    failures,
  };
}

const named = positionals.length > 0 ? positionals : (await listAllFamilies()).map(({ id }) => id);
const results = [];
for (const family of named) {
  const result = await checkFamily(family);
  results.push(result);
  console.log(`${family}: ${result.passed} of ${count} sound, ${result.secondsEach} s each`);
  for (const failure of result.failures.slice(0, DEFECTS_SHOWN_MAX)) console.log(`  ${failure}`);
}

console.log("");
console.log(
  textTable(
    [
      "family",
      "instances",
      "distinct",
      "by parameters",
      "repeated",
      "passed",
      "full battery",
      "s each",
      "s most",
    ],
    results.map((one) => [
      one.family,
      String(one.instances),
      String(one.distinct),
      String(one.distinctParameters),
      String(one.repeated),
      String(one.passed),
      `${one.forgedHeld}/${one.forged}`,
      String(one.secondsEach),
      String(one.secondsMost),
    ]),
  ),
);
const holds = results.every(
  (one) =>
    one.passed === one.instances &&
    one.distinct === one.instances &&
    one.repeated === one.instances &&
    one.forgedHeld === one.forged &&
    one.distinctParameters >= ALONE_MIN * one.instances,
);
console.log(JSON.stringify({ holds, count, full, first, results }));
process.exitCode = holds ? 0 : 1;

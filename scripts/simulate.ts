// Simulates runs with crashes and faults, each against its calm twin. Usage: node scripts/simulate.ts [--runs 50] [--rollouts 20-200] [--big 0]
// [--seed 1] [--seconds N] [--root FOLDER] [--keep]. After so many seconds no run is begun any more. Prints what happened, then one JSON
// object; exits 1 where a rule was broken, with the seed.
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { type Calm, type SimulationReport, simulate } from "../tests/simulation/simulate.ts";

const BIG_ROLLOUTS = 2_000;
const PROGRESS_EVERY = 50;
const MEMORY_FOLDER = "/dev/shm";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "50" },
    rollouts: { type: "string", default: "20-200" },
    big: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "Infinity" },
    keep: { type: "boolean", default: false },
    root: { type: "string", default: existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir() },
  },
});
const range = /^(\d+)-(\d+)$/.exec(values.rollouts);
const [runs = Number.NaN, big = Number.NaN, firstSeed = Number.NaN, secondsMax = Number.NaN] = [
  values.runs,
  values.big,
  values.seed,
  values.seconds,
].map(Number);
if (range === null || ![runs, big, firstSeed].every(Number.isSafeInteger) || Number.isNaN(secondsMax)) {
  console.error(
    "usage: node scripts/simulate.ts [--runs N] [--rollouts 20-200] [--big N] [--seed N] [--seconds N]",
  );
  process.exit(2);
}
const small: readonly [number, number] = [Number(range[1]), Number(range[2])];

const startedAt = performance.now();
const seconds = () => Math.round((performance.now() - startedAt) / 100) / 10;
const totals = {
  runs: 0,
  rollouts: 0,
  sessions: 0,
  crashes: 0,
  takenUp: 0,
  attached: 0,
  actionsReplayed: 0,
  sold: 0,
  journaled: 0,
  inFlightAtCrashes: 0,
  lostToFaults: 0,
  stopped: 0,
  violations: 0,
};
const faults = new Map<string, number>();
const endings = new Map<string, number>();
const badSeeds: number[] = [];
const calm = { small: new Map<string, Calm>(), big: new Map<string, Calm>() };

for (let index = 0; index < runs + big && seconds() < secondsMax; index++) {
  const seed = firstSeed + index;
  const rollouts: readonly [number, number] = index < runs ? small : [BIG_ROLLOUTS, BIG_ROLLOUTS];
  const report = await simulate({
    seed,
    rollouts,
    root: values.root,
    keeps: values.keep,
    calm: index < runs ? calm.small : calm.big,
  });
  add(report);
  for (const { rule, detail } of report.violations)
    console.log(`seed ${seed} (--rollouts ${rollouts.join("-")}): ${rule}: ${detail}`);
  if ((index + 1) % PROGRESS_EVERY === 0)
    console.log(
      `${index + 1} runs, ${totals.crashes} crashes, ${totals.violations} violations, ${seconds()} s`,
    );
}

function add(report: SimulationReport): void {
  totals.runs += 1;
  totals.rollouts += report.rollouts;
  totals.sessions += report.sessions;
  totals.crashes += report.crashes;
  totals.takenUp += report.takenUp.times;
  totals.attached += report.takenUp.attached;
  totals.actionsReplayed += report.takenUp.replayed;
  totals.sold += report.sold;
  totals.journaled += report.journaled;
  totals.inFlightAtCrashes += report.inFlightAtCrashes;
  totals.lostToFaults += report.lostToFaults;
  totals.stopped += report.stopped;
  totals.violations += report.violations.length;
  if (report.violations.length > 0) badSeeds.push(report.seed);
  for (const [ending, count] of report.endings) endings.set(ending, (endings.get(ending) ?? 0) + count);
  for (const [kind, count] of report.faults) faults.set(kind, (faults.get(kind) ?? 0) + count);
}

const sorted = (counts: ReadonlyMap<string, number>) =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
const byKind = sorted(faults);
for (const [kind, count] of Object.entries(byKind)) console.log(`${kind}: ${count}`);
console.log(
  `${totals.sessions} sessions: ${totals.crashes} crashed, ${Object.entries(sorted(endings))
    .map(([ending, count]) => `${count} ${ending}`)
    .join(", ")}`,
);
console.log(
  `${totals.takenUp} rollouts taken up (${totals.attached} in their own sandbox), ${totals.actionsReplayed} actions carried out again`,
);
console.log(
  `sold ${totals.sold} = journaled ${totals.journaled} + in flight at crashes ${totals.inFlightAtCrashes} + ` +
    `lost to faults ${totals.lostToFaults} + stopped ${totals.stopped}`,
);
console.log(
  JSON.stringify({
    ...totals,
    endings: sorted(endings),
    faults: byKind,
    seed: firstSeed,
    badSeeds,
    seconds: seconds(),
  }),
);
process.exit(badSeeds.length === 0 ? 0 : 1);

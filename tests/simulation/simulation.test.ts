// CI's share of the simulation: small runs with crashes and faults, each held against its calm twin. More, and larger ones:
// `node scripts/simulate.ts --runs 1000`.
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, test } from "vitest";
import { type Calm, simulate } from "./simulate.ts";

const RUNS = 50;
const FIRST_SEED = 1;
const ROOT = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

describe(`simulated runs, seeds ${FIRST_SEED} to ${FIRST_SEED + RUNS - 1}`, () => {
  test("keep every promise through crashes and faults", { timeout: 240_000 }, async () => {
    const calm = new Map<string, Calm>();
    const broken: string[] = [];
    let crashes = 0;
    let inFlight = 0;
    const faults = new Set<string>();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const report = await simulate({ seed, rollouts: [4, 14], root: ROOT, calm });
      crashes += report.crashes;
      inFlight += report.inFlightAtCrashes;
      for (const kind of report.faults.keys()) faults.add(kind);
      for (const { rule, detail } of report.violations) broken.push(`seed ${seed}: ${rule}: ${detail}`);
    }
    expect(broken).toEqual([]);
    // Runs on which nothing befell would prove nothing.
    expect(crashes).toBeGreaterThan(RUNS);
    expect(inFlight).toBeGreaterThan(0);
    expect([...faults].sort()).toEqual([
      "judge:failed",
      "model:halfReply",
      "model:hanging",
      "model:lost",
      "model:overloaded",
      "model:throttled",
      "sandbox:createRefused",
      "sandbox:died",
      "sandbox:replyLost",
      "sandbox:slow",
      "sandbox:snapshotLost",
      "sandbox:tornOutput",
    ]);
  });

  test("go the same way each time, given the same seed", async () => {
    const once = await simulate({ seed: 5, rollouts: [8, 16], root: ROOT });
    const again = await simulate({ seed: 5, rollouts: [8, 16], root: ROOT });
    expect(again).toEqual(once);
    expect(once.sold).toBeGreaterThan(0);
  });
});

// Proof that the simulator can see: with a promise broken on purpose it names the rule, within a few seeds.
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import type { Sabotage } from "./session.ts";
import { simulate } from "./simulate.ts";

const ROOT = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const SEEDS_MAX = 24;

const BROKEN: readonly [Sabotage, what: string, rules: readonly string[]][] = [
  [
    "stepsNotWritten",
    "replies and observations are not written to the steps log",
    ["what was acknowledged is there", "no reply is bought twice"],
  ],
  [
    "evaluationsNotWritten",
    "evaluations are not written to the ledger",
    ["what was acknowledged is there", "nothing is judged twice"],
  ],
  ["sandboxesNotSwept", "leftovers are not swept", ["no sandbox is leaked"]],
  ["pricesHalved", "the run counts half of what calls cost", ["what was sold is spent or reserved"]],
  ["snapshotsMixedUp", "snapshots lose a file", ["the same tables as the calm run"]],
];

test.each(BROKEN)("%s: %s", async (sabotage, _what, rules) => {
  const found = new Set<string>();
  for (let seed = 1; seed <= SEEDS_MAX && rules.some((rule) => !found.has(rule)); seed++) {
    const { violations } = await simulate({ seed, rollouts: [6, 14], root: ROOT, sabotage });
    for (const { rule } of violations) found.add(rule);
  }
  expect([...found]).toEqual(expect.arrayContaining([...rules]));
});

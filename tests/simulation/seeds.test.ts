// Seeds that once broke a rule, each with what was mended. The mended thing has a test of its own beside the code as well: a seed draws another
// run as soon as the scenarios change.
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { simulate } from "./simulate.ts";

const ROOT = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

test.each<[seed: number, rollouts: readonly [number, number], what: string]>([
  [44, [6, 24], "the sandbox of a try without a step was spared for a resume that begins the try anew"],
  [128, [6, 24], "a reservation was let go before the reply that it was for was durable"],
])("seed %d of %j: %s", async (seed, rollouts, _what) => {
  expect((await simulate({ seed, rollouts, root: ROOT })).violations).toEqual([]);
});

// The turns of this machine: two that know nothing of each other, as of two processes, exclude each other all the same.
import { describe, expect, it } from "vitest";
import { machineTurns } from "../../src/compose/turns.ts";
import { createWorld } from "../../src/compose/world.ts";

describe("exclusive work on one machine", () => {
  it("goes one at a time, whoever asks", async () => {
    const world = await createWorld();
    let atOnce = 0;
    let most = 0;
    const work = async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
    };
    const both = [machineTurns(world), machineTurns(world)];
    await Promise.all(both.flatMap((turns) => [turns.exclusive(work), turns.exclusive(work)]));
    expect(most).toBe(1);
  });
});

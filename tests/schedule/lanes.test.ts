import { describe, expect, it } from "vitest";
import { createBell } from "../../src/schedule/bell.ts";
import { createLane } from "../../src/schedule/lanes.ts";

describe("lanes", () => {
  it("runs no more at once than it may, and says when nothing waits", async () => {
    const lane = createLane(3);
    let atOnce = 0;
    let most = 0;
    const releases: (() => void)[] = [];
    const work = async () => {
      atOnce++;
      most = Math.max(most, atOnce);
      await new Promise<void>((resolve) => releases.push(resolve));
      atOnce--;
    };
    const all = Array.from({ length: 10 }, () => lane.run(work));
    expect(lane.waiting).toBe(7);
    let free = false;
    const freed = lane.free().then(() => {
      free = true;
    });
    await Promise.resolve();
    expect(free).toBe(false);
    while (lane.running > 0) {
      releases.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all([...all, freed]);
    expect(most).toBe(3);
  });

  it("passes on what the work throws and goes on", async () => {
    const lane = createLane(1);
    await expect(lane.run(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    await expect(lane.run(() => Promise.resolve(4))).resolves.toBe(4);
  });

  it("wakes everyone who waits for the bell, once", async () => {
    const bell = createBell();
    const woken: number[] = [];
    const waits = [1, 2].map((who) => bell.rung().then(() => woken.push(who)));
    bell.ring();
    await Promise.all(waits);
    expect(woken).toEqual([1, 2]);
  });
});

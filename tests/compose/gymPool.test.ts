// A pool of Gyms: bounded concurrency, fates of their own, results in order, nothing left behind.
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { GymPool, UserError } from "../../src/index.ts";

const OPTIONS = { task: "colonel-blotto", sandbox: { backend: "process" } } as const;

/** A temporary folder that nobody else uses. */
let own = "";
beforeAll(async () => {
  own = await mkdtemp(path.join(tmpdir(), "gym-test-"));
  await chmod(own, 0o755);
  process.env["TMPDIR"] = own;
});
afterAll(() => rm(own, { recursive: true }));

it("works through items side by side, and what one throws stays its own", async () => {
  const pool = await GymPool.open({ ...OPTIONS, size: 2 });
  let running = 0;
  let most = 0;
  const results = await pool.map([0, 1, 2, 3, 4], async (gym, seed) => {
    most = Math.max(most, ++running);
    try {
      await gym.reset({ seed });
      if (seed === 1) throw new Error("mine alone");
      // One whose step is cut off: its sandbox goes, and the Gym plays the next item.
      if (seed === 2) await gym.step("sleep 60", { signal: AbortSignal.timeout(50) });
      const [observation, , , , info] = await gym.step(`echo ${seed} >> log.txt; cat log.txt`);
      expect(info.step).toBe(1);
      return observation.text;
    } finally {
      running--;
    }
  });
  expect(most).toBe(2);
  expect(results.map((one) => (one.status === "fulfilled" ? one.value : `${one.reason}`))).toEqual([
    "0",
    "Error: mine alone",
    expect.stringContaining("TimeoutError"),
    "3",
    "4",
  ]);
  await pool.close();
  await expect(pool.map([0], async () => 0)).rejects.toThrow("the GymPool is closed");
  expect(await readdir(own)).toEqual([]);
});

it("closing cuts off every Gym, and what was not begun is not begun", async () => {
  const pool = await GymPool.open({ ...OPTIONS, size: 2 });
  const begun: number[] = [];
  const playing = pool.map([0, 1, 2, 3], async (gym, seed) => {
    begun.push(seed);
    await gym.reset({ seed });
    if (begun.length === 2) void pool.close();
    await gym.step("sleep 60");
  });
  const results = await playing;
  await pool.close();
  expect(begun).toEqual([0, 1]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
});

it("is refused a size that no machine has", async () => {
  for (const size of [0, 1.5, 513]) {
    await expect(GymPool.open({ ...OPTIONS, size })).rejects.toThrow(UserError);
    await expect(GymPool.open({ ...OPTIONS, size })).rejects.toThrow(
      `size: ${size} is no whole number from 1 to 512`,
    );
  }
});

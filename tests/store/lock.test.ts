import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { lockOwner, takeLock } from "../../src/store/lock.ts";
import { isAlive, ownIdentity } from "../../src/store/processIdentity.ts";
import { startChild } from "./child.ts";
import { settle, temporaryFolder } from "./temporary.ts";

describe("a lock", () => {
  test("is held by one at a time and can be taken again once released", async () => {
    const folder = join(await temporaryFolder(), "lock");
    expect(await lockOwner(folder)).toBeNull();
    for (let round = 0; round < 3; round++) {
      const lock = await takeLock(folder);
      expect((await lockOwner(folder))?.pid).toBe(process.pid);
      await expect(takeLock(folder)).rejects.toThrow(UserError);
      await lock.release();
      expect(await lockOwner(folder)).toBeNull();
    }
    expect(await readdir(folder)).toEqual(["000003.released.json"]);
  });

  test("of many who try at once, exactly one gets it", async () => {
    const folder = join(await temporaryFolder(), "lock");
    for (let round = 0; round < 5; round++) {
      const tries = await Promise.allSettled(Array.from({ length: 12 }, () => takeLock(folder)));
      const won = tries.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      expect(won.length).toBe(1);
      for (const one of tries) if (one.status === "rejected") expect(one.reason).toBeInstanceOf(UserError);
      await won[0]?.release();
    }
  });

  test("passed on in haste is never held by two", async () => {
    const folder = join(await temporaryFolder(), "lock");
    let holders = 0;
    let most = 0;
    let taken = 0;
    const rivals = Array.from({ length: 16 }, async () => {
      while (taken < 40) {
        const lock = await takeLock(folder).catch((error: unknown) => {
          if (error instanceof UserError) return null;
          throw error;
        });
        if (lock === null) continue;
        taken += 1;
        holders += 1;
        most = Math.max(most, holders);
        await settle();
        holders -= 1;
        await lock.release();
      }
    });
    await Promise.all(rivals);
    expect(most).toBe(1);
  });

  test("of another living process is named with its process id and host, and falls free when that is killed", async () => {
    const folder = join(await temporaryFolder(), "lock");
    const holder = startChild("lockHolder.ts", folder);
    expect(await holder.firstLine()).toBe("taken");
    await expect(takeLock(folder)).rejects.toThrow(`in use by process ${holder.pid} on ${hostname()}`);
    await holder.kill();
    expect(await lockOwner(folder)).toBeNull();
    const lock = await takeLock(folder);
    expect((await lockOwner(folder))?.pid).toBe(process.pid);
    await lock.release();
  });

  test("of a killed owner is taken over by exactly one of several processes", async () => {
    const folder = join(await temporaryFolder(), "lock");
    const dead = startChild("lockHolder.ts", folder);
    expect(await dead.firstLine()).toBe("taken");
    await dead.kill();
    const rivals = Array.from({ length: 4 }, () => startChild("lockHolder.ts", folder));
    const said = await Promise.all(rivals.map((rival) => rival.firstLine()));
    expect(said.filter((line) => line === "taken").length).toBe(1);
    expect(said.filter((line) => line.startsWith("UserError: the run is in use")).length).toBe(3);
    const winner = rivals[said.indexOf("taken")];
    expect((await lockOwner(folder))?.pid).toBe(winner?.pid);
  });

  test("of a process id that the kernel gave to somebody else is not held", async () => {
    const folder = join(await temporaryFolder(), "lock");
    await mkdir(folder);
    const own = await ownIdentity();
    await writeFile(join(folder, "000001.json"), JSON.stringify({ ...own, startTicks: "1" }));
    await (await takeLock(folder)).release();
  });

  test("from before the machine was started again is not held", async () => {
    const own = await ownIdentity();
    expect(await isAlive(own)).toBe(true);
    expect(await isAlive({ ...own, bootId: "another boot" })).toBe(false);
  });

  test("on another host cannot be judged from here: it is held, and the remedy is named", async () => {
    const folder = join(await temporaryFolder(), "lock");
    await mkdir(folder);
    const foreign = { host: "elsewhere", pid: 12, bootId: "another boot", startTicks: "5" };
    await writeFile(join(folder, "000004.json"), JSON.stringify(foreign));
    await expect(takeLock(folder)).rejects.toThrow(
      `in use by process 12 on elsewhere. Wait for it or stop it`,
    );
    await expect(takeLock(folder)).rejects.toThrow(`delete ${folder}`);
    expect(JSON.parse(await readFile(join(folder, "000004.json"), "utf8"))).toEqual(foreign);
  });
});

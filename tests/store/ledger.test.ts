import { appendFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/errors.ts";
import type { LedgerEvent } from "../../src/core/ledger.ts";
import { prng } from "../../src/core/prng.ts";
import { openLedger, readLedger } from "../../src/store/ledger.ts";
import { encodeLine } from "../../src/store/lines.ts";
import { admitted, called, ended, facts, randomLedger, started } from "./samples.ts";
import { temporaryFolder } from "./temporary.ts";

async function ledgerOf(events: readonly LedgerEvent[]) {
  const path = join(await temporaryFolder(), "ledger.jsonl");
  const opened = await openLedger(path);
  await Promise.all(events.map((event) => opened.ledger.append(event)));
  await opened.close();
  return path;
}

describe("the ledger", () => {
  test("gives back every event in order, over several sessions", async () => {
    const events = randomLedger(prng(7), 300);
    const path = await ledgerOf(events.slice(0, 200));
    const second = await openLedger(path);
    expect(second.events).toEqual(events.slice(0, 200));
    for (const event of events.slice(200)) await second.ledger.append(event);
    await second.close();
    expect(await readLedger(path)).toEqual({ events, tornBytes: 0 });
  });

  test("is text that grep can read", async () => {
    const path = await ledgerOf([admitted("k1"), started("k1")]);
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect(lines.filter((line) => line.includes('"kind":"rollout-started"')).length).toBe(1);
  });

  test("refuses what it could not read back, and goes on", async () => {
    const path = join(await temporaryFolder(), "ledger.jsonl");
    const { ledger, close } = await openLedger(path);
    await ledger.append(admitted("k1"));
    await expect(ledger.append({ ...admitted("k2"), atMs: Number.NaN })).rejects.toThrow();
    const withoutNumber = ended(
      "k1",
      { kind: "submitted" },
      { facts: facts({ costUsd: Number.POSITIVE_INFINITY }) },
    );
    await expect(ledger.append(withoutNumber)).rejects.toThrow();
    await ledger.append(started("k1"));
    await close();
    expect((await readLedger(path)).events).toEqual([admitted("k1"), started("k1")]);
  });

  test("a last event torn at any byte is owed again, and writing goes on behind the whole ones", async () => {
    const whole = [admitted("k1"), started("k1")];
    const path = await ledgerOf([...whole, called("k1", 0, 0)]);
    const data = await readFile(path);
    const keep = whole.reduce((sum, event) => sum + encodeLine(event).byteLength, 0);
    for (let size = keep; size < data.length; size++) {
      await writeFile(path, data.subarray(0, size));
      const reopened = await openLedger(path);
      expect(reopened.tornBytes).toBe(size - keep);
      expect(reopened.events).toEqual(whole);
      await reopened.ledger.append(called("k1", 0, 7));
      await reopened.close();
      expect((await readLedger(path)).events).toEqual([...whole, called("k1", 0, 7)]);
    }
  });

  test("a reader leaves a living writer's torn tail alone", async () => {
    const path = await ledgerOf([admitted("k1")]);
    await appendFile(path, '{"kind":"rollout-st');
    const before = await readFile(path);
    expect(await readLedger(path)).toEqual({ events: [admitted("k1")], tornBytes: 19 });
    expect(await readFile(path)).toEqual(before);
  });

  test("damage in the middle opens for nobody", async () => {
    const path = await ledgerOf([admitted("k1"), started("k1"), called("k1", 0, 0)]);
    const data = await readFile(path);
    data[data.indexOf("rollout-started")] = 0x52;
    await writeFile(path, data);
    const at = encodeLine(admitted("k1")).byteLength;
    await expect(openLedger(path)).rejects.toThrow(`line 2 (byte ${at}) is damaged`);
    await expect(readLedger(path)).rejects.toThrow(StoreError);
    expect(await readFile(path)).toEqual(data);
  });

  test("an event of another version is named as such", async () => {
    const path = await ledgerOf([admitted("k1")]);
    await appendFile(path, encodeLine({ kind: "rollout-teleported", atMs: 1 }));
    await expect(readLedger(path)).rejects.toThrow(/written by another version/);
  });

  test("a ledger of nothing but a torn record is empty", async () => {
    const path = await ledgerOf([admitted("k1")]);
    await truncate(path, 10);
    const { events, tornBytes, close } = await openLedger(path);
    await close();
    expect([events, tornBytes]).toEqual([[], 10]);
  });
});

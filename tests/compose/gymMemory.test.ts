// The library's Gym reaches outside as a pipeline does: notes of a frozen file, and the web only where it is opened.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Gym, type GymOptions } from "../../src/index.ts";

let folder = "";
let memory = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-gym-memory-"));
  memory = path.join(folder, "memory.jsonl");
  await writeFile(memory, '{"text":"Insist on the first move."}\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const open = (options: Partial<GymOptions>) =>
  Gym.open({ task: "battle-of-sexes", sandbox: { backend: "process" }, ...options });

describe("the Gym", () => {
  it("finds notes of its memory, which is in its keys", async () => {
    const keyWith = async (text: string) => {
      await writeFile(memory, `${JSON.stringify({ text })}\n`);
      await using gym = await open({ tools: ["memory_read", "parse_pdf"], memory, web: {} });
      const [, { key }] = await gym.reset({ seed: 0 });
      const [seen] = await gym.step("memory_read which move");
      expect(seen.text).toContain(`Nearest of 1 note:\n1. ${text}`);
      const [refused, , , , info] = await gym.step("parse_pdf http://127.0.0.1/a.pdf");
      expect(refused.text).toContain("A URL must name its host");
      expect(info.ok).toBe(false);
      return key;
    };
    expect(await keyWith("Insist on the first move.")).not.toBe(await keyWith("Give way on the first move."));
  });

  it("refuses tools for a web that is closed, a memory that nothing reads, and settings that are none", async () => {
    await expect(open({ tools: ["parse_pdf"] })).rejects.toThrow(
      /^tools: parse_pdf needs the web, which is closed here; /,
    );
    await expect(open({ memory })).rejects.toThrow(/^memory: no tool here reads /);
    await expect(open({ tools: ["memory_read"], memory: path.join(folder, "none") })).rejects.toThrow(
      /^memory: cannot read/,
    );
    await expect(open({ tools: ["parse_pdf"], web: { hosts: ["localhost"] } })).rejects.toThrow(
      /must be a host's name/,
    );
  });
});

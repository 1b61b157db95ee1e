// A push against a hub that fails: killed anywhere it comes to one state, and what must not leave does not.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HubDouble, hubDouble, TOKEN } from "./hubDouble.ts";
import { exportFolder, NAME, startPush } from "./pushed.ts";

/** A few in every run of the suite; `PUSH_KILLS=20` takes more points of the same push. */
const KILLS = Number(process.env["PUSH_KILLS"] ?? 4);
const FILES = 110;
const TEST_MS_MAX = 240_000;

let dir: string;
let hub: HubDouble;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "push-"));
  hub = await hubDouble(NAME);
});
afterEach(async () => {
  await hub.close();
  await rm(dir, { recursive: true });
});

describe("push", () => {
  it(
    `killed at ${KILLS} points and begun again comes to one state, without duplicates, with equal hashes`,
    async () => {
      const files = await exportFolder(dir, FILES);
      const calm = await startPush(dir, hub.url).ended;
      expect(calm).toMatchObject({ exitCode: 0 });
      expect(calm.said).toContain("112 files sent in 3 commits");
      const requests = hub.requests.length;
      const wanted = new Map(hub.files);
      for (const { path: file, sha256 } of files) expect(wanted.get(file)?.oid).toBe(sha256);
      expect(hub.commits.at(-1)?.at(-1)).toBe("export_report.json");
      expect(Math.max(...hub.commits.map((commit) => commit.length))).toBeLessThanOrEqual(50);
      let killed = 0;
      for (let point = 0; point < KILLS; point++) {
        await hub.close();
        hub = await hubDouble(NAME);
        const at = Math.floor((point * (requests - 1)) / (KILLS - 1));
        hub.fate = (index) => {
          if (index < at) return "answer";
          first.kill();
          return index === at && point % 2 === 1 ? "cutAfter" : "cutBefore";
        };
        const first = startPush(dir, hub.url);
        if ((await first.ended).exitCode === null) killed++;
        hub.fate = () => "answer";
        expect(await startPush(dir, hub.url).ended).toMatchObject({ exitCode: 0 });
        expect(new Map([...hub.files].sort())).toEqual(new Map([...wanted].sort()));
        const paths = hub.commits.flat();
        expect(new Set(paths).size).toBe(paths.length);
      }
      expect(killed).toBe(KILLS);
    },
    TEST_MS_MAX,
  );

  it("goes on where an endpoint fails now and then, at each of them", { timeout: TEST_MS_MAX }, async () => {
    await exportFolder(dir, 3);
    const met = new Set<string>();
    hub.fate = (_, what) => {
      const kind = what.replace(/[0-9a-f]{40,}/, "");
      if (met.has(kind)) return "answer";
      met.add(kind);
      return met.size % 3 === 0 ? "cutAfter" : met.size % 3 === 1 ? 503 : "cutBefore";
    };
    const { exitCode, said } = await startPush(dir, hub.url).ended;
    expect(said).toContain("5 files sent");
    expect(exitCode).toBe(0);
    expect(hub.commits).toHaveLength(1);
    expect(met.size).toBe(7);
    expect(hub.state.isPrivate).toBe(true);
  });

  it("refuses in a sentence, and says no token", { timeout: TEST_MS_MAX }, async () => {
    await exportFolder(dir, 2);
    hub.fate = (_, what) => (what.endsWith("/create") ? 403 : "answer");
    const noWrite = await startPush(dir, hub.url).ended;
    expect(noWrite).toMatchObject({ exitCode: 2, said: expect.stringContaining("no write access") });
    hub.fate = () => "answer";
    const unknown = await startPush(dir, hub.url, [], "hf_somebodyElses").ended;
    expect(unknown).toMatchObject({ exitCode: 2, said: expect.stringContaining("does not know this token") });
    const odd = await startPush(dir, hub.url, [], "abcdefghijkl").ended;
    expect(odd).toMatchObject({ exitCode: 2, said: expect.stringContaining("begin with hf_") });
    hub.state.exists = true;
    hub.files.set("data/other.parquet", { oid: "f".repeat(64), lfs: true });
    const other = await startPush(dir, hub.url).ended;
    expect(other).toMatchObject({ exitCode: 2, said: expect.stringContaining("data/other.parquet") });
    hub.files.clear();
    hub.fate = (_, what) => {
      if (what.includes("/commit/")) hub.state.head = "1".repeat(40);
      return "answer";
    };
    const raced = await startPush(dir, hub.url).ended;
    expect(raced).toMatchObject({ exitCode: 2, said: expect.stringContaining("somebody else wrote") });
    for (const { said } of [noWrite, unknown, odd, other, raced]) expect(said).not.toContain(TOKEN);
    expect(hub.commits).toEqual([]);
  });

  it("sends nothing that holds a secret or has no leave", { timeout: TEST_MS_MAX }, async () => {
    await exportFolder(dir, 2, { scriptedRows: 2 });
    const scripted = await startPush(dir, hub.url).ended;
    expect(scripted).toMatchObject({ exitCode: 2, said: expect.stringContaining("--allow scripted") });
    const dry = await startPush(dir, hub.url, ["--allow", "scripted", "--dry-run"]).ended;
    expect(dry).toMatchObject({ exitCode: 0, said: expect.stringContaining("would push 4 files") });
    await exportFolder(dir, 2, {}, `my key is ${TOKEN}`);
    const known = await startPush(dir, hub.url).ended;
    expect(known).toMatchObject({ exitCode: 2, said: expect.stringContaining("the secret HF_TOKEN") });
    await exportFolder(dir, 2, {}, ["ghp", "k3J9xQ2mZ7vB5nR8tW4yL6pD1sF0gH3jK9aC"].join("_"));
    const suspected = await startPush(dir, hub.url).ended;
    expect(suspected).toMatchObject({ exitCode: 2, said: expect.stringContaining("looks like a secret") });
    await exportFolder(dir, 1, { files: [{ path: "../x", sha256: "" }] });
    const outside = await startPush(dir, hub.url).ended;
    expect(outside).toMatchObject({ exitCode: 2, said: expect.stringContaining("outside of the folder") });
    expect(hub.requests).toEqual([]);
  });
});

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Cell, cellId, groupOf, rolloutKey, rolloutSeed } from "../../src/core/cell.ts";
import { evaluationKey } from "../../src/core/evaluation.ts";
import { hashOf, seedOf, sha256 } from "../../src/core/hash.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { messageSha256, promptSha256 } from "../../src/core/message.ts";

const CELL: Cell = {
  taskId: "sample",
  playHash: "p".repeat(64),
  agent: { name: "plain", scaffold: "fenced", history: "appendOnly" },
  model: { id: "tiny", revision: null },
  sampling: { temperature: 0.7 },
  limits: DEFAULT_LIMITS,
};

describe("hashes", () => {
  test("sha256 is the published function", () => {
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256(new Uint8Array())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  test("hashOf is over the kind and the canonical text, so that it can be made outside this program too", () => {
    const text = 'nightshift/sample\n{"a":[1,2],"b":"x"}';
    expect(hashOf("sample", { b: "x", a: [1, 2] })).toBe(createHash("sha256").update(text).digest("hex"));
  });

  test("equal values of different kinds never share a hash", () => {
    expect(hashOf("rollout", 1)).not.toBe(hashOf("evaluation", 1));
  });

  test("seeds are the first 48 bits", () => {
    const seed = seedOf("seed", "key");
    expect(seed.toString(16).padStart(12, "0")).toBe(hashOf("seed", "key").slice(0, 12));
    expect(seed).toBeLessThan(2 ** 48);
  });
});

describe("keys", () => {
  const key = (change: Partial<Cell>, seedIndex = 0) => rolloutKey({ ...CELL, ...change }, seedIndex, null);

  test("a rollout's key changes with whatever the agent could notice, and with nothing else", () => {
    const keys = [
      key({}),
      key({}, 1),
      key({ playHash: "q".repeat(64) }),
      key({ agent: { ...CELL.agent, name: "other" } }),
      key({ model: { id: "tiny", revision: "r1" } }),
      key({ model: { id: "large", revision: null } }),
      key({ sampling: {} }),
      rolloutKey(CELL, 0, { parentKey: "k", step: 3 }),
      rolloutKey(CELL, 0, { parentKey: "k", step: 4 }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(key({ taskId: "renamed" })).toBe(key({}));
  });

  test("keys never change by accident: they name data on people's disks", () => {
    // Computed once by another program (Python's hashlib and json) from the definition alone.
    expect(key({})).toBe("d678d1bfeb22a6a45b7b256812718eb3e230ab1eb5ef8f2013093804529b378e");
    expect(rolloutSeed(key({}))).toBe(89612242342729);
    expect(cellId(CELL)).toBe("f52f8a08e469edc9665535ab03b92e2f19af633bb1c3069f24f7e90388f31166");
    expect(evaluationKey({ submission: "s", judgeHash: "j", phase: "record", seed: 1 })).toBe(
      "9833a4cf9dce682bacf201fb446cd4813aab22e0d401d03e27112105e38ad79b",
    );
  });

  test("groups are runs of consecutive seeds of one cell", () => {
    const groups = Array.from({ length: 8 }, (_, seedIndex) => groupOf(CELL, seedIndex, 4));
    expect(groups.map((group) => group.index)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    expect(new Set(groups.slice(0, 4).map((group) => group.id)).size).toBe(1);
    expect(groups[4]?.id).not.toBe(groups[0]?.id);
    expect(groupOf(CELL, 0, 2).id).not.toBe(groups[0]?.id);
    expect(groupOf({ ...CELL, playHash: "q" }, 0, 4).id).not.toBe(groups[0]?.id);
  });

  test("a prompt's hash tells order, content and tools apart", () => {
    const [a, b] = ["a", "b"].map((content) => messageSha256({ role: "user", content }));
    const prompts = [
      promptSha256([], [a ?? "", b ?? ""]),
      promptSha256([], [b ?? "", a ?? ""]),
      promptSha256([], [a ?? ""]),
      promptSha256([{ name: "shell" }], [a ?? "", b ?? ""]),
    ];
    expect(new Set(prompts).size).toBe(4);
    expect(messageSha256({ role: "system", content: "a" })).not.toBe(a);
  });
});

// The parts of the service that need no server: places, and sequences of token ids.
import { describe, expect, it } from "vitest";
import type { StepRecord } from "../../src/core/trajectory.ts";
import { places } from "../../src/serve/places.ts";
import { sequencesOf } from "../../src/serve/rollouts/sequences.ts";

const NEVER = new AbortController().signal;

describe("places", () => {
  it("are refused when all are taken, and each is given back once", () => {
    const rooms = places("rooms", 2);
    const first = rooms.take();
    rooms.take();
    expect(() => rooms.take()).toThrow("all 2 rooms");
    first();
    first();
    expect(rooms.taken).toBe(1);
  });

  it("go to who waited longest; who is told to stop waits no longer and takes nobody's turn", async () => {
    const rooms = places("rooms", 1);
    const giveBack = await rooms.wait(NEVER);
    const order: string[] = [];
    const stop = new AbortController();
    const one = rooms.wait(stop.signal).then(
      () => order.push("stopped one"),
      () => order.push("gone"),
    );
    const two = rooms.wait(NEVER).then((give) => {
      order.push("two");
      give();
    });
    const three = rooms.wait(NEVER).then(() => order.push("three"));
    stop.abort(new Error("enough"));
    giveBack();
    await Promise.all([one, two, three]);
    expect(order).toEqual(["gone", "two", "three"]);
    expect(rooms.taken).toBe(1);
    await expect(rooms.wait(stop.signal)).rejects.toThrow("enough");
  });

  it("never hold more than there are, whatever comes and goes", async () => {
    const rooms = places("rooms", 3);
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        const stop = new AbortController();
        if (at % 7 === 0) setTimeout(() => stop.abort(), at % 5);
        const give = await rooms.wait(stop.signal).catch(() => null);
        if (give === null) return;
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setTimeout(resolve, at % 3));
        inside -= 1;
        give();
      }),
    );
    expect(most).toBe(3);
    expect(rooms.taken).toBe(0);
  });
});

/** A step of which only its tokens matter here. */
function step(
  index: number,
  promptIds: number[],
  completionIds: number[],
  logprobs: number[] | null,
): StepRecord {
  return {
    index,
    startedAtMs: 0,
    prompt: [],
    promptSha256: "",
    response: 0,
    reply: {
      finish: "stop",
      usage: { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 },
      tokens: { promptIds, completionIds, logprobs, source: "test" },
      servedModel: "",
      requestId: null,
      policyVersion: null,
      latencyMs: 0,
      throttledMs: 0,
      providerCostUsd: null,
      costUsd: null,
      endpoint: "",
      requestSha256: "",
      verbatim: "",
    },
    actions: [],
    formatError: null,
    complaint: null,
  };
}

describe("sequences of token ids", () => {
  const all = () => true;

  it("grow while each prompt begins with all that was there before", () => {
    const steps = [step(0, [1, 2], [3, 4], [-0.1, -0.2]), step(1, [1, 2, 3, 4, 9, 9], [5], [-0.3])];
    const versions = [
      { first: "a", last: "a", source: "trainer" as const },
      { first: "b", last: "b", source: "trainer" as const },
    ];
    expect(sequencesOf(steps, versions, ({ index }) => index === 1)).toEqual([
      {
        prompt_ids: [1, 2],
        completion_ids: [3, 4, 9, 9, 5],
        completion_mask: [0, 0, 0, 0, 1],
        logprobs: [-0.1, -0.2, 0, 0, -0.3],
        calls: [
          { step: 0, from: 0, to: 2, policy_version: "a" },
          { step: 1, from: 4, to: 5, policy_version: "b" },
        ],
      },
    ]);
  });

  it("begin anew where a prompt does not, and lose the logprobs where a reply has none", () => {
    const steps = [step(0, [1], [2], [-1]), step(1, [1, 7], [3], null), step(2, [1, 7, 3], [4], [-1])];
    const sequences = sequencesOf(steps, [], all);
    expect(sequences.map(({ prompt_ids, completion_ids }) => [prompt_ids, completion_ids])).toEqual([
      [[1], [2]],
      [
        [1, 7],
        [3, 4],
      ],
    ]);
    expect(sequences.map(({ logprobs }) => logprobs)).toEqual([[-1], null]);
    expect(sequencesOf([step(0, [1, 2, 3], [4], [0]), step(1, [1], [2], [0])], [], all)).toHaveLength(2);
  });
});

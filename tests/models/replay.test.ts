// A replay gives the recorded replies in their order, takes no time and no money, and says where a rollout leaves its record.
import { describe, expect, it } from "vitest";
import { messageSha256, promptSha256 } from "../../src/core/message.ts";
import type { ModelReply, ModelRequest } from "../../src/core/model.ts";
import { type ReplayOptions, replayModel } from "../../src/models/replay.ts";
import { simpleRequest } from "../contracts/model.ts";

const { signal } = new AbortController();
const TOOL = { name: "shell", description: "Runs a command.", parameters: {} };

function reply(text: string): ModelReply {
  return {
    text,
    reasoning: [{ text: "why", signature: "s" }],
    toolCalls: [{ id: "c1", name: "shell", arguments: '{"command":"ls"}' }],
    finish: "toolCalls",
    usage: { input: 100, cacheRead: 10, cacheWrite: 0, output: 20, reasoning: 5 },
    tokens: { promptIds: [1, 2], completionIds: [3], logprobs: [-0.5], source: "vllm" },
    servedModel: "big",
    requestId: "r1",
    policyVersion: "7",
    latencyMs: 900,
    throttledMs: 50,
    providerCostUsd: 0.2,
    costUsd: 0.1,
    endpoint: "far",
    verbatim: "{}",
    requestSha256: "f".repeat(64),
  };
}

const requests = ["one", "two"].map((text) => simpleRequest(text, { tools: [TOOL] }));
const hashOf = ({ tools, messages }: ModelRequest) => promptSha256(tools, messages.map(messageSha256));

function model(options: Partial<ReplayOptions> = {}) {
  const calls = requests.map((request, at) => ({
    promptSha256: hashOf(request),
    reply: reply(`reply ${at}`),
  }));
  return replayModel({
    id: "replay/big",
    calls,
    first: 0,
    onDifference: "fail",
    differs: () => {},
    ...options,
  });
}
const [one = simpleRequest(""), two = simpleRequest("")] = requests;

describe("a replay", () => {
  it("says what was said, at once and for nothing, whatever is sampled with", async () => {
    const replayed = model();
    const said = await replayed.complete({ ...one, seed: 9, sampling: { temperature: 1 } }, signal);
    const { requestSha256: _asked, ...recorded } = reply("reply 0");
    const free = { latencyMs: 0, throttledMs: 0, costUsd: 0, providerCostUsd: null, endpoint: "replay" };
    expect(said).toMatchObject({ ...recorded, ...free });
    expect((await replayed.complete(two, signal)).text).toBe("reply 1");
  });

  it("goes on from the step at which a rollout is taken up", async () => {
    expect((await model({ first: 1 }).complete(two, signal)).text).toBe("reply 1");
  });

  it("fails for good where a request has other messages or other tools", async () => {
    const permanent = { boundary: "model", transient: false, mayBeBilled: false };
    await expect(model().complete(two, signal)).rejects.toMatchObject({
      ...permanent,
      message: expect.stringContaining("request 0 of the rollout is not the recorded one"),
    });
    await expect(model().complete({ ...one, tools: [] }, signal)).rejects.toMatchObject(permanent);
  });

  it("counts them where it is to, and gives no token ids for another prompt", async () => {
    const differing: number[] = [];
    const replayed = model({ onDifference: "count", differs: (call) => differing.push(call) });
    expect((await replayed.complete(two, signal)).tokens).toBeNull();
    expect((await replayed.complete(two, signal)).tokens).toEqual(reply("").tokens);
    expect(differing).toEqual([0]);
  });

  it("has no reply after the last, whatever differences are to be", async () => {
    for (const onDifference of ["fail", "count"] as const) {
      const replayed = model({ onDifference, first: 2 });
      await expect(replayed.complete(two, signal)).rejects.toThrow("the record ends after 2 replies");
    }
  });
});

// The scripted researcher as a model: a pure function of messages and seed, honest about what it is and what it costs.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sha256 } from "../../src/core/hash.ts";
import type { Message } from "../../src/core/message.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import { SCRIPTED_ID, SCRIPTED_REVISION, scriptedResearcher } from "../../src/models/scripted/researcher.ts";
import { modelContract, simpleRequest } from "../contracts/model.ts";
import { fakeClock } from "./fakeWorld.ts";
import { playPretended, pretendedSeed, shippedTask } from "./scriptedWorld.ts";

const never = new AbortController().signal;
const model = scriptedResearcher({ clock: fakeClock() });

modelContract("scripted researcher", async () => ({
  model: scriptedResearcher({ clock: fakeClock() }),
  request: simpleRequest("Improve `strategy.py`."),
  project: null,
}));

const request = (messages: readonly Message[], seed: number, callId = "a/0/0"): ModelRequest => ({
  callId,
  stickyKey: callId,
  messages,
  tools: [],
  sampling: {},
  seed,
});

describe("the scripted researcher", () => {
  it("says again, from the messages and the seed alone, all that it said in a rollout", async () => {
    const task = await shippedTask("prisoners-dilemma");
    for (const seedIndex of [1, 2, 3, 4, 5, 6]) {
      const { pool, steps } = await playPretended({ task, workFile: "strategy.py", seedIndex });
      const messages = pool.map(({ message }) => message);
      // Backwards and under other names, so that nothing kept from call to call could help.
      for (const { response, reply } of steps.toReversed()) {
        const again = await scriptedResearcher({ clock: fakeClock(9) }).complete(
          request(structuredClone(messages.slice(0, response)), pretendedSeed({ task, seedIndex }), "b/3/9"),
          never,
        );
        expect(again.text).toBe(messages[response]?.content);
        expect(again.verbatim).toBe(reply.verbatim);
        expect(again.requestSha256).toBe(reply.requestSha256);
        expect(again.usage).toEqual(reply.usage);
      }
    }
  });

  it("differs from seed to seed", async () => {
    const task = await shippedTask("colonel-blotto");
    const plays = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((seedIndex) => playPretended({ task, workFile: "strategy.py", seedIndex })),
    );
    const texts = plays.map(({ pool }) =>
      pool
        .slice(2)
        .map(({ message }) => message.content)
        .join("\n"),
    );
    expect(new Set(texts).size).toBe(plays.length);
  });

  it("tells what it is, and a usage of a token for four characters", async () => {
    const asked = request([{ role: "user", content: "x".repeat(400) }], 7);
    const reply = await model.complete(asked, never);
    expect(model.id).toBe(SCRIPTED_ID);
    expect(reply.servedModel).toBe("scripted/researcher");
    expect(reply.policyVersion).toBe(SCRIPTED_REVISION);
    expect(reply.finish).toBe("stop");
    expect(reply.tokens).toBeNull();
    expect(reply.costUsd).toBe(0);
    expect(reply.latencyMs).toBe(0);
    expect(reply.usage.input).toBe(Math.ceil(model.encode(asked).length / 4));
    expect(reply.usage.output).toBe(Math.ceil(reply.text.length / 4));
    expect(reply.requestSha256).toBe(sha256(model.encode(asked)));
    const decision = z
      .object({
        policy: z.string(),
        role: z.string(),
        skill: z.number(),
        phase: z.string(),
        text: z.string(),
      })
      .parse(JSON.parse(reply.verbatim));
    expect(decision.text).toBe(reply.text);
    expect(decision.policy).toBe("scripted/researcher 2");
  });

  it("takes time only where it is told to, by the clock that it is given", async () => {
    const clock = fakeClock();
    const slow = scriptedResearcher({ id: "slow", clock, thinkMs: 1500 });
    const reply = await slow.complete(request([{ role: "user", content: "Begin." }], 1), never);
    expect(slow.id).toBe("slow");
    expect(clock.sleeps).toEqual([1500]);
    expect(reply.latencyMs).toBe(1500);
    await model.complete(request([{ role: "user", content: "Begin." }], 1), never);
    const stopped = new AbortController();
    stopped.abort(new Error("stop"));
    await expect(slow.complete(request([], 1), stopped.signal)).rejects.toThrow("stop");
  });

  it("finds an answer to any conversation, also one that it did not lead", async () => {
    const conversations: Message[][] = [
      [],
      [{ role: "assistant", content: "```\nls\n```", reasoning: [], toolCalls: [] }],
      [
        { role: "system", content: "s" },
        { role: "user", content: "Do something with no files at all." },
        {
          role: "assistant",
          content: "I edit.\n```\nedit 3:9\nx\nend_of_edit\n```",
          reasoning: [],
          toolCalls: [],
        },
        { role: "tool", content: "Traceback: \u0000 ``` [9 of 2 steps used", toolCallId: "1", name: "shell" },
        { role: "assistant", content: "no block", reasoning: [], toolCalls: [] },
        { role: "assistant", content: "```\nsed -i 's/^(/x/' a\n```", reasoning: [], toolCalls: [] },
      ],
    ];
    for (const messages of conversations) {
      for (let seed = 0; seed < 40; seed++) {
        const { text } = await model.complete(request(messages, seed * 7_919_000_001), never);
        expect(text.length).toBeGreaterThan(10);
      }
    }
  });
});

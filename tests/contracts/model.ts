// What any Model must show, whatever stands behind it. Every implementation runs it in its own test file.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/hash.ts";
import type { Model, ModelReply, ModelRequest } from "../../src/core/model.ts";
import { FINISH_REASONS, usageSchema } from "../../src/core/model.ts";

export interface ModelUnderTest {
  readonly model: Model;
  /** A request that the model answers, as often as it is asked. */
  readonly request: ModelRequest;
  /** Projects a stored reply again; null where the implementation offers none. */
  readonly project:
    | ((verbatim: string) => Pick<ModelReply, "text" | "toolCalls" | "finish" | "usage" | "tokens">)
    | null;
  close?(): Promise<void>;
}

/** A request with one system and one user message, for suites that need no more. */
export function simpleRequest(text: string, rest: Partial<ModelRequest> = {}): ModelRequest {
  return {
    callId: "0f/0/0",
    stickyKey: "0f",
    messages: [
      { role: "system", content: "You are a careful researcher." },
      { role: "user", content: text },
    ],
    tools: [],
    sampling: {},
    seed: 12_345,
    ...rest,
  };
}

export function modelContract(name: string, make: () => Promise<ModelUnderTest>): void {
  describe(`${name} keeps the model contract`, () => {
    let under: ModelUnderTest;
    beforeAll(async () => {
      under = await make();
    });
    afterAll(async () => {
      await under.close?.();
    });
    const ask = () => under.model.complete(under.request, new AbortController().signal);

    it("has an id and a provider", () => {
      expect(under.model.id).not.toBe("");
      expect(under.model.provider).not.toBe("");
    });

    it("encodes purely: same request, same bytes, request untouched", () => {
      const before = structuredClone(under.request);
      const body = under.model.encode(under.request);
      expect(under.model.encode(structuredClone(under.request))).toBe(body);
      expect(under.request).toEqual(before);
    });

    it("encodes what is sampled from, and not what only names the call", () => {
      const body = under.model.encode(under.request);
      const renamed = { ...under.request, callId: "another/1/7" };
      const longer = {
        ...under.request,
        messages: [...under.request.messages, { role: "user" as const, content: "And another thing." }],
      };
      expect(under.model.encode(renamed)).toBe(body);
      expect(under.model.encode(longer)).not.toBe(body);
    });

    it("answers with a whole reply", async () => {
      const reply = await ask();
      expect(usageSchema.parse(reply.usage)).toEqual(reply.usage);
      expect(reply.usage.cacheRead + reply.usage.cacheWrite).toBeLessThanOrEqual(reply.usage.input);
      expect(reply.usage.reasoning).toBeLessThanOrEqual(reply.usage.output);
      expect(FINISH_REASONS).toContain(reply.finish);
      expect(reply.servedModel).not.toBe("");
      expect(reply.endpoint).not.toBe("");
      expect(reply.latencyMs).toBeGreaterThanOrEqual(0);
      expect(reply.throttledMs).toBeGreaterThanOrEqual(0);
      if (reply.tokens?.logprobs) {
        expect(reply.tokens.logprobs).toHaveLength(reply.tokens.completionIds.length);
      }
    });

    it("says which bytes it was asked with", async () => {
      const reply = await ask();
      expect(reply.requestSha256).toBe(sha256(under.model.encode(under.request)));
    });

    it("keeps the reply verbatim, so that it can be projected again", async () => {
      const reply = await ask();
      expect(reply.verbatim).not.toBe("");
      if (under.project === null) return;
      const { text, toolCalls, finish, usage, tokens } = reply;
      expect(under.project(reply.verbatim)).toMatchObject({ text, toolCalls, finish, usage, tokens });
    });

    it("throws the signal's reason when it is aborted before it starts", async () => {
      const reason = new Error("the run is over");
      const call = under.model.complete(under.request, AbortSignal.abort(reason));
      await expect(call).rejects.toBe(reason);
    });

    it("answers many calls at once", async () => {
      const replies = await Promise.all(Array.from({ length: 8 }, ask));
      expect(replies.map((reply) => reply.requestSha256)).toEqual(
        Array.from({ length: 8 }, () => sha256(under.model.encode(under.request))),
      );
    });
  });
}

// The wire `openai` against an LLM server that we did not write, and against our own that misbehaves.
import { LLMock } from "@copilotkit/aimock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { BoundaryError, errorText, UserError } from "../../src/core/errors.ts";
import { sha256 } from "../../src/core/hash.ts";
import type { Message } from "../../src/core/message.ts";
import type { Model, ModelReply, ModelRequest } from "../../src/core/model.ts";
import { ContextOverflowError } from "../../src/core/model.ts";
import { ModelCallError } from "../../src/models/callError.ts";
import { projectChatReply } from "../../src/models/chatReply.ts";
import type { OpenaiChatOptions } from "../../src/models/openaiChat.ts";
import { openaiChat } from "../../src/models/openaiChat.ts";
import { modelContract, simpleRequest } from "../contracts/model.ts";
import { memoryLog, realClock } from "./fakeWorld.ts";
import type { FaultyServer } from "./faultyServer.ts";
import {
  completion,
  cutAtOnce,
  cutMidBody,
  endless,
  faultyServer,
  json,
  raw,
  refusal,
  silence,
  silenceMidBody,
  slow,
} from "./faultyServer.ts";

const KEY = "sk-very-secret-0123456789";
const never = () => new AbortController().signal;

function wire(baseUrl: string, changes: Partial<OpenaiChatOptions> = {}): Model {
  return openaiChat({
    id: "m",
    modelName: "served-model",
    baseUrl,
    endpointName: "main",
    apiKey: KEY,
    extraBody: {},
    timeoutMs: 20_000,
    connectionsMax: 8,
    thinkTags: false,
    clock: realClock,
    log: memoryLog(),
    ...changes,
  });
}

function project(verbatim: string) {
  const projection = projectChatReply(verbatim, { thinkTags: false });
  if (typeof projection === "string" || "code" in projection) throw new Error("no completion");
  return projection;
}

async function failureOf(call: Promise<ModelReply>): Promise<ModelCallError> {
  const error: unknown = await call.then(
    () => new Error("the call did not fail"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelCallError)) throw error;
  return error;
}

modelContract("openaiChat before aimock", async () => {
  const mock = new LLMock({ port: 0 });
  mock.onMessage("hello", { content: "Hi there!", usage: { prompt_tokens: 31, completion_tokens: 4 } });
  await mock.start();
  return {
    model: wire(`${mock.url}/v1`),
    request: simpleRequest("hello"),
    project,
    close: () => mock.stop(),
  };
});

describe("openaiChat before aimock", () => {
  const mock = new LLMock({ port: 0 });
  let model: Model;
  beforeAll(async () => {
    await mock.start();
    model = wire(`${mock.url}/v1`, { modelName: "gpt-4o" });
  });
  afterAll(() => mock.stop());

  it("reads text, usage, finish and request id", async () => {
    mock.onMessage("sum", { content: "42", usage: { prompt_tokens: 31, completion_tokens: 4 } });
    const reply = await model.complete(simpleRequest("sum"), never());
    expect(reply.text).toBe("42");
    expect(reply.finish).toBe("stop");
    expect(reply.usage).toEqual({ input: 31, cacheRead: 0, cacheWrite: 0, output: 4, reasoning: 0 });
    expect(reply.servedModel).toBe("gpt-4o");
    expect(reply.requestId).toMatch(/\S/);
    expect(reply.tokens).toBeNull();
  });

  it("keeps tool calls raw and reasoning apart", async () => {
    mock.onMessage("weather", {
      toolCalls: [{ id: "call_9", name: "look_up", arguments: '{"city":"Ghent"}' }],
      reasoning: "They want the weather.",
    });
    const tools = [{ name: "look_up", description: "Looks up.", parameters: { type: "object" } }];
    const reply = await model.complete(simpleRequest("weather", { tools }), never());
    expect(reply.toolCalls).toEqual([{ id: "call_9", name: "look_up", arguments: '{"city":"Ghent"}' }]);
    expect(reply.finish).toBe("toolCalls");
    expect(reply.reasoning).toEqual([{ text: "They want the weather." }]);
    const seen = mock.getLastRequest()?.body;
    expect(seen).toMatchObject({
      tools: [{ type: "function", function: { name: "look_up", description: "Looks up." } }],
    });
  });

  it("tells a rate limit with its wait, and an unknown context from other refusals", async () => {
    mock.onMessage("busy", {
      error: { message: "slow down", code: "rate_limit_exceeded" },
      status: 429,
      retryAfter: 3,
    });
    const limited = await failureOf(model.complete(simpleRequest("busy"), never()));
    expect(limited).toMatchObject({
      transient: true,
      throttled: true,
      retryAfterMs: 3000,
      mayBeBilled: false,
    });
    mock.onMessage("too long", {
      error: {
        message: "This model's maximum context length is 8192 tokens.",
        code: "context_length_exceeded",
      },
      status: 400,
    });
    await expect(model.complete(simpleRequest("too long"), never())).rejects.toThrow(ContextOverflowError);
  });
});

describe("reasoning of earlier replies", () => {
  const messages: Message[] = [
    { role: "user", content: "go" },
    { role: "assistant", content: "a", reasoning: [{ text: "x" }, { text: "y" }], toolCalls: [] },
    { role: "user", content: "on" },
    { role: "assistant", content: "b", reasoning: [{ text: "z" }], toolCalls: [] },
  ];
  const sent = (request: Partial<ModelRequest>, changes: Partial<OpenaiChatOptions> = {}) => {
    const body: { messages: Record<string, unknown>[] } = JSON.parse(
      wire("http://127.0.0.1:1/v1", changes).encode(simpleRequest("go", { messages, ...request })),
    );
    return body.messages.map((message) => message["reasoning_content"]);
  };

  it("is sent again only in a member that the server is said to take", () => {
    expect(sent({ reasoningInHistory: "all" })).toEqual([undefined, undefined, undefined, undefined]);
    const field = { reasoningField: "reasoning_content" } as const;
    expect(sent({}, field)).toEqual([undefined, undefined, undefined, undefined]);
    expect(sent({ reasoningInHistory: "all" }, field)).toEqual([undefined, "x\n\ny", undefined, "z"]);
    expect(sent({ reasoningInHistory: "sinceUser" }, field)).toEqual([undefined, undefined, undefined, "z"]);
  });
});

describe("openaiChat before a faulty server", () => {
  let server: FaultyServer;
  beforeEach(async () => {
    server = await faultyServer();
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
  });
  const ask = (changes: Partial<OpenaiChatOptions> = {}, request: ModelRequest = simpleRequest("go")) =>
    wire(server.baseUrl, changes).complete(request, never());
  const answer = (changes: Readonly<Record<string, unknown>>, options: Partial<OpenaiChatOptions> = {}) => {
    server.next(json(200, completion(changes)));
    return ask(options);
  };
  const withMessage = (
    message: Readonly<Record<string, unknown>>,
    more: Readonly<Record<string, unknown>> = {},
  ) => ({
    choices: [
      { index: 0, message: { role: "assistant", content: null, ...message }, finish_reason: "stop", ...more },
    ],
  });

  describe("requests", () => {
    const history: readonly Message[] = [
      { role: "system", content: "Be brief. \u2028 😀" },
      { role: "user", content: "go" },
      {
        role: "assistant",
        content: "",
        reasoning: [{ text: "hidden", signature: "s" }],
        toolCalls: [{ id: "c1", name: "shell", arguments: "{not json" }],
      },
      { role: "tool", content: "out", toolCallId: "c1", name: "shell" },
      { role: "assistant", content: "done", reasoning: [], toolCalls: [] },
    ];

    it("sends encode's bytes, and their hash is in the reply", async () => {
      const request = simpleRequest("x", {
        messages: history,
        sampling: {
          temperature: 0.7,
          topP: 0.9,
          topK: 20,
          maxTokens: 512,
          stop: ["END"],
          reasoningEffort: "low",
          seeded: true,
        },
        seed: 2 ** 47 + 12_345,
      });
      const model = wire(server.baseUrl, { extraBody: { return_token_ids: true, chat: { b: 1, a: [2] } } });
      const reply = await model.complete(request, never());
      const sent = server.requests[0]?.body ?? Buffer.alloc(0);
      expect(sent.equals(Buffer.from(model.encode(request)))).toBe(true);
      expect(reply.requestSha256).toBe(sha256(sent));
      expect(sent.toString()).toBe(
        '{"model":"served-model","messages":[{"role":"system","content":"Be brief. \u2028 😀"},{"role":"user","content":"go"},' +
          '{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"shell","arguments":"{not json"}}]},' +
          '{"role":"tool","tool_call_id":"c1","content":"out"},{"role":"assistant","content":"done"}],' +
          '"temperature":0.7,"top_p":0.9,"top_k":20,"max_tokens":512,"stop":["END"],"reasoning_effort":"low","seed":12345,' +
          '"chat":{"a":[2],"b":1},"return_token_ids":true}',
      );
      expect(server.requests[0]?.path).toBe("/v1/chat/completions");
    });

    it("sends no parameter that is not set, and no seed unless seeded", async () => {
      await ask({}, simpleRequest("go", { seed: 99 }));
      const body: unknown = JSON.parse(server.requests[0]?.body.toString() ?? "");
      expect(Object.keys(body ?? {})).toEqual(["model", "messages"]);
    });

    it("lets what the request sets win over extraBody, and refuses what may not be set there", () => {
      const model = wire(server.baseUrl, { extraBody: { temperature: 2, min_p: 0.1 } });
      const set = JSON.parse(model.encode(simpleRequest("x", { sampling: { temperature: 0.5 } })));
      expect(set).toMatchObject({ temperature: 0.5, min_p: 0.1 });
      expect(JSON.parse(model.encode(simpleRequest("x")))).toMatchObject({ temperature: 2 });
      for (const key of [
        "model",
        "messages",
        "tools",
        "stream",
        "n",
        "max_tokens",
        "max_completion_tokens",
      ]) {
        expect(() => wire(server.baseUrl, { extraBody: { [key]: 1 } }), key).toThrow(UserError);
      }
      expect(() => wire(server.baseUrl, { extraBody: { x: Number.NaN } })).toThrow(
        /extraBody\.x is not JSON/,
      );
    });

    it("limits output by the name that hosted OpenAI takes, there", () => {
      const limited = simpleRequest("x", { sampling: { maxTokens: 5 } });
      expect(wire("https://api.openai.com/v1").encode(limited)).toContain('"max_completion_tokens":5');
      expect(wire("http://127.0.0.1:1/v1").encode(limited)).toContain('"max_tokens":5');
    });

    it("sends the key as a bearer token, no header without one, and nothing about this machine", async () => {
      await ask();
      await ask({ apiKey: null });
      expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
      expect(server.requests[1]?.headers).not.toHaveProperty("authorization");
      const names = Object.keys(server.requests[0]?.headers ?? {}).sort();
      expect(names).toEqual([
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
      ]);
    });

    it("refuses base URLs and keys that cannot work, without showing the key", () => {
      expect(() => wire("localhost:8000")).toThrow(UserError);
      expect(() => wire("http://user:pw@host/v1")).toThrow(/credentials/);
      expect(() => wire("http://host/v1?key=1")).toThrow(/query/);
      let thrown: unknown;
      try {
        wire(server.baseUrl, { apiKey: `${KEY}\n` });
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(UserError);
      expect(errorText(thrown)).not.toContain(KEY);
    });

    it("keeps connections and opens no more than it may", async () => {
      const model = wire(server.baseUrl, { connectionsMax: 3 });
      for (let round = 0; round < 3; round++) {
        await Promise.all(Array.from({ length: 6 }, () => model.complete(simpleRequest("go"), never())));
      }
      expect(server.requests).toHaveLength(18);
      expect(server.connectionCount()).toBe(3);
    });
  });

  describe("replies", () => {
    it("keeps the body verbatim", async () => {
      const text = `\n\n  ${JSON.stringify(completion({ odd: "ü" }), null, 2)}\n`;
      server.next(raw(200, text, { "content-type": "text/plain", "x-request-id": "req-7" }));
      const reply = await ask();
      expect(reply.verbatim).toBe(text);
      expect(reply.requestId).toBe("req-7");
      expect(reply.text).toBe("Let us look.\n```\nls\n```");
    });

    it("keeps reasoning apart by any of its names", async () => {
      const a = await answer(withMessage({ content: "x", reasoning_content: "deep" }));
      const b = await answer(withMessage({ content: "x", reasoning: "deep", reasoning_content: "deep" }));
      const c = await answer(
        withMessage({
          content: "x",
          reasoning: "deep",
          reasoning_details: [
            { type: "reasoning.text", text: "deep", signature: "sig" },
            { type: "reasoning.encrypted", data: "blob" },
          ],
        }),
      );
      const d = await answer(
        withMessage({
          content: [
            { type: "thinking", thinking: [{ type: "text", text: "deep" }] },
            { type: "text", text: "x" },
          ],
        }),
      );
      expect([a, b, c, d].map((reply) => reply.text)).toEqual(["x", "x", "x", "x"]);
      expect(a.reasoning).toEqual([{ text: "deep" }]);
      expect(b.reasoning).toEqual([{ text: "deep" }]);
      expect(c.reasoning).toEqual([
        { text: "deep", signature: "sig" },
        { text: "", encrypted: "blob" },
      ]);
      expect(d.reasoning).toEqual([{ text: "deep" }]);
    });

    it("splits think tags only when told to", async () => {
      const content = "<think>\nhm </b>\n</think>\n\nanswer </think> here";
      const split = async (text: string, thinkTags: boolean) => {
        const reply = await answer(withMessage({ content: text }), { thinkTags });
        return [reply.text, reply.reasoning.map((piece) => piece.text)];
      };
      expect(await split(content, false)).toEqual([content, []]);
      expect(await split(content, true)).toEqual(["answer </think> here", ["hm </b>"]]);
      expect(await split("hm</think>answer", true)).toEqual(["answer", ["hm"]]);
      expect(await split("<think>cut off", true)).toEqual(["", ["cut off"]]);
      expect(await split("<think>\n</think>\nanswer", true)).toEqual(["answer", []]);
      expect(await split("plain", true)).toEqual(["plain", []]);
    });

    it("maps every finish reason", async () => {
      const finish = async (reason: unknown) => {
        const reply = await answer(withMessage({ content: "x" }, { finish_reason: reason }));
        return reply.finish;
      };
      expect(await finish("stop")).toBe("stop");
      expect(await finish("length")).toBe("length");
      expect(await finish("tool_calls")).toBe("toolCalls");
      expect(await finish("content_filter")).toBe("contentFilter");
      expect(await finish("insufficient_system_resource")).toBe("error");
      expect(await finish(null)).toBe("error");
    });

    it("reads usage as several providers send it", async () => {
      const usage = async (value: unknown) => {
        const reply = await answer({ usage: value });
        return reply.usage;
      };
      expect(
        await usage({
          prompt_tokens: 100,
          completion_tokens: 50,
          prompt_tokens_details: { cached_tokens: 64, cache_write_tokens: 8 },
          completion_tokens_details: { reasoning_tokens: 30 },
        }),
      ).toEqual({ input: 100, cacheRead: 64, cacheWrite: 8, output: 50, reasoning: 30 });
      expect(
        await usage({
          prompt_tokens: 100,
          completion_tokens: 5,
          prompt_cache_hit_tokens: 90,
          prompt_tokens_details: null,
        }),
      ).toEqual({ input: 100, cacheRead: 90, cacheWrite: 0, output: 5, reasoning: 0 });
      expect(
        await usage({
          prompt_tokens: 10,
          completion_tokens: 5,
          total_tokens: 45,
          completion_tokens_details: { reasoning_tokens: 30 },
        }),
      ).toEqual({ input: 10, cacheRead: 0, cacheWrite: 0, output: 35, reasoning: 30 });
    });

    it("reports wrong or missing usage once, and never as numbers", async () => {
      const log = memoryLog();
      const model = wire(server.baseUrl, { log });
      const zero = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 };
      const wrong = [
        undefined,
        { prompt_tokens: -5, completion_tokens: 2 },
        { prompt_tokens: "7", completion_tokens: 2 },
      ];
      for (const usage of wrong) {
        server.next(json(200, completion({ usage })));
        const reply = await model.complete(simpleRequest("go"), never());
        expect(reply.usage).toEqual(zero);
      }
      expect(log.lines.map(({ event }) => event)).toEqual(["usage-missing", "usage-unreadable"]);
      server.next(
        json(
          200,
          completion({ usage: { prompt_tokens: 5, completion_tokens: 2, prompt_cache_hit_tokens: 9 } }),
        ),
      );
      const reply = await model.complete(simpleRequest("go"), never());
      expect(reply.usage).toMatchObject({ input: 5, cacheRead: 5 });
    });

    it("keeps the provider's own cost and the version of the weights", async () => {
      const reply = await answer({
        usage: { prompt_tokens: 1, completion_tokens: 1, cost: 0.00125 },
        metadata: { weight_version: "step-40" },
      });
      expect(reply.providerCostUsd).toBe(0.00125);
      expect(reply.policyVersion).toBe("step-40");
      expect(reply.costUsd).toBeNull();
    });

    it("shows a refusal as the text it is", async () => {
      const reply = await answer(withMessage({ refusal: "I will not." }));
      expect(reply.text).toBe("I will not.");
    });
  });

  describe("token ids", () => {
    const content = (values: readonly unknown[]) => ({
      content: values.map((logprob) => ({ token: "t", logprob })),
    });
    const traced = (choice: Readonly<Record<string, unknown>>, top: Readonly<Record<string, unknown>> = {}) =>
      answer({ ...withMessage({ content: "x" }, choice), ...top });

    it("are taken from vLLM's and SGLang's places", async () => {
      const vllm = await traced(
        { token_ids: [5, 6], logprobs: content([-0.5, -1]) },
        { prompt_token_ids: [1, 2, 3] },
      );
      expect(vllm.tokens).toEqual({
        promptIds: [1, 2, 3],
        completionIds: [5, 6],
        logprobs: [-0.5, -1],
        source: "vllm",
      });
      const sglang = await traced({ prompt_token_ids: [1, 2, 3], token_ids: [5, 6] });
      expect(sglang.tokens).toEqual({
        promptIds: [1, 2, 3],
        completionIds: [5, 6],
        logprobs: null,
        source: "sglang",
      });
    });

    it("are never half there or guessed", async () => {
      expect((await traced({ logprobs: content([-1]) })).tokens).toBeNull();
      expect((await traced({ token_ids: [1] })).tokens).toBeNull();
      expect((await traced({ token_ids: [1, -2], prompt_token_ids: [1] })).tokens).toBeNull();
      expect((await traced({ token_ids: ["1"], prompt_token_ids: [1] })).tokens).toBeNull();
      expect((await traced({ token_ids: [1], prompt_token_ids: [] })).tokens).toBeNull();
    });

    it("lose log-probabilities that do not fit, with a warning", async () => {
      const log = memoryLog();
      const ids = { token_ids: [5, 6], prompt_token_ids: [1] };
      server.next(json(200, completion(withMessage({ content: "x" }, { ...ids, logprobs: content([-1]) }))));
      server.next(
        json(200, completion(withMessage({ content: "x" }, { ...ids, logprobs: content([null, null]) }))),
      );
      const model = wire(server.baseUrl, { log });
      for (let call = 0; call < 2; call++) {
        const reply = await model.complete(simpleRequest("go"), never());
        expect(reply.tokens).toEqual({
          promptIds: [1],
          completionIds: [5, 6],
          logprobs: null,
          source: "sglang",
        });
      }
      expect(log.lines.map(({ event }) => event)).toEqual([
        "logprobs-length-differs",
        "logprobs-not-numbers",
      ]);
    });
  });

  describe("failures", () => {
    it("that pass are transient", async () => {
      const cases = [
        [
          refusal(429, "slow", { headers: { "retry-after": "7" } }),
          { throttled: true, retryAfterMs: 7000, mayBeBilled: false },
        ],
        [
          refusal(429, "slow", { headers: { "retry-after": "7", "retry-after-ms": "250" } }),
          { retryAfterMs: 250 },
        ],
        [refusal(503, "full"), { throttled: true, retryAfterMs: null, mayBeBilled: false }],
        [refusal(529, "overloaded"), { throttled: true, mayBeBilled: false }],
        [refusal(500, "oops"), { throttled: false, mayBeBilled: false }],
        [raw(502, "<html>bad gateway</html>"), { throttled: false, mayBeBilled: false }],
        [raw(504, ""), { throttled: false, mayBeBilled: true }],
        [refusal(408, "late"), { throttled: false, mayBeBilled: true }],
        [cutAtOnce, { status: null, throttled: false, mayBeBilled: true }],
        [cutMidBody, { status: null, throttled: false, mayBeBilled: true }],
        [raw(200, '{"choices": [{"mess'), { status: 200, mayBeBilled: true }],
        [json(200, completion({ choices: [] })), { status: 200, mayBeBilled: true }],
        [json(200, { hello: "world" }), { status: 200, mayBeBilled: true }],
        [raw(200, ""), { status: 200, mayBeBilled: true }],
        [json(200, { error: { code: 429, message: "upstream limit" } }), { status: 429, throttled: true }],
        [json(200, { error: { code: "weird", message: "upstream died" } }), { status: 502 }],
      ] as const;
      for (const [behaviour, expected] of cases) {
        server.next(behaviour);
        const error = await failureOf(ask());
        expect(error, error.message).toMatchObject({ boundary: "model", transient: true, ...expected });
        expect(error.message).toContain(server.baseUrl);
      }
    });

    it("that need the user are permanent, and say what to do", async () => {
      const cases = [
        [refusal(401, "bad key"), /401 \(error: bad key\): check the API key/],
        [refusal(402, "no money"), /add some/],
        [refusal(403, "not yours"), /may not use model "served-model"/],
        [refusal(404, "no model"), /check the model name "served-model"/],
        [refusal(400, "temperature must be 1"), /check sampling and extraBody/],
        [json(422, { detail: [{ loc: ["body", "x"], msg: "extra" }] }), /"msg":"extra".*check sampling/],
        [raw(307, "", { location: "http://elsewhere/" }), /it redirects/],
        [raw(200, "x", { "content-encoding": "gzip" }), /turn compression off/],
      ] as const;
      for (const [behaviour, text] of cases) {
        server.next(behaviour);
        const error = await failureOf(ask());
        expect(error.message).toMatch(text);
        expect(error.transient).toBe(false);
        expect(error.message).toContain(server.baseUrl);
      }
    });

    it("of context are told by the words of each server", async () => {
      const words = [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
        "Input length (9000 tokens) exceeds the maximum allowed length (8192 tokens).",
        "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
        "the request exceeds the available context size, try increasing it",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "Your input exceeds the context window of this model.",
        "The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).",
        "Requested token count exceeds the model's maximum context length of 8192 tokens.",
      ];
      for (const text of words) {
        server.next(refusal(400, text));
        await expect(ask(), text).rejects.toThrow(ContextOverflowError);
      }
      server.next(json(400, { object: "error", message: "maximum context length is 10", code: 400 }));
      await expect(ask()).rejects.toThrow(ContextOverflowError);
      server.next(refusal(400, "too long", { code: "context_length_exceeded" }));
      await expect(ask()).rejects.toThrow(ContextOverflowError);
      server.next(refusal(400, "max_tokens must be at most 4096"));
      await expect(ask()).rejects.toThrow(BoundaryError);
    });

    it("of a server that is not there cost nothing", async () => {
      const { baseUrl } = server;
      await server[Symbol.asyncDispose]();
      server = await faultyServer();
      const error = await failureOf(wire(baseUrl).complete(simpleRequest("go"), never()));
      expect(error).toMatchObject({ transient: true, mayBeBilled: false, status: null });
      expect(error.message).toMatch(/could not be reached \(ECONNREFUSED/);
    });

    it("on a kept connection may be billed as on a new one", async () => {
      const model = wire(server.baseUrl, { connectionsMax: 1 });
      server.next(json(200, completion()), cutAtOnce);
      await model.complete(simpleRequest("go"), never());
      const error = await failureOf(model.complete(simpleRequest("go"), never()));
      expect(server.connectionCount()).toBe(1);
      expect(error).toMatchObject({ transient: true, mayBeBilled: true });
    });

    it("of silence end with the timeout, before and after the headers", async () => {
      for (const behaviour of [silence, silenceMidBody]) {
        server.next(behaviour);
        const error = await failureOf(ask({ timeoutMs: 150 }));
        expect(error).toMatchObject({ transient: true, mayBeBilled: true });
        expect(error.message).toMatch(/no whole reply in time .*150 ms/);
      }
    });

    it("of too large a reply name the limit", async () => {
      server.next(endless);
      const error = await failureOf(ask({ responseBytesMax: 1_000_000 }));
      expect(error).toMatchObject({ transient: false, mayBeBilled: true });
      expect(error.message).toMatch(/larger than 1000000 bytes/);
    });

    it("of an endless error page are cut short", async () => {
      server.next((response) => {
        response.writeHead(500);
        response.on("error", () => {});
        const pump = () => {
          while (!response.destroyed) if (!response.write("é".repeat(10_000))) break;
        };
        response.on("drain", pump);
        pump();
      });
      const error = await failureOf(ask());
      expect(error).toMatchObject({ status: 500, transient: true });
      expect(error.message.length).toBeLessThan(600);
    });

    it("never show the key, even where the server repeats it", async () => {
      const log = memoryLog();
      server.next(
        refusal(401, `Incorrect API key provided: ${KEY}`),
        json(200, completion({ echo: `Bearer ${KEY}` })),
      );
      const error = await failureOf(ask({ log }));
      const reply = await ask({ log });
      expect(error.message).toContain("[redacted:key]");
      expect(`${error.message}${error.stack}${errorText(error)}${JSON.stringify(error)}`).not.toContain(KEY);
      expect(reply.verbatim).toContain("Bearer [redacted:key]");
      expect(JSON.stringify([reply, log.lines])).not.toContain(KEY);
    });
  });

  it("waits for slow headers", async () => {
    server.next(slow(300));
    const reply = await ask();
    expect(reply.text).toMatch(/Let us look/);
  });

  it("throws the signal's reason when aborted in flight, and the server sees the connection close", async () => {
    const closed = Promise.withResolvers<void>();
    server.next((response) => response.on("close", () => closed.resolve()));
    const controller = new AbortController();
    const call = wire(server.baseUrl).complete(simpleRequest("go"), controller.signal);
    const reason = new Error("enough");
    void server.seen(1).then(() => controller.abort(reason));
    await expect(call).rejects.toBe(reason);
    await closed.promise;
  });
});

modelContract("openaiChat before our own server", async () => {
  const server = await faultyServer();
  return {
    model: wire(server.baseUrl, { apiKey: null, extraBody: { return_token_ids: true } }),
    request: simpleRequest("go", { sampling: { temperature: 1, maxTokens: 100, seeded: true } }),
    project,
    close: async () => await server[Symbol.asyncDispose](),
  };
});

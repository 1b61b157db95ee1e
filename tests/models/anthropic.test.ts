// The wire `anthropic` against an LLM server that we did not write, and against our own that misbehaves.
import { LLMock } from "@copilotkit/aimock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import { sha256 } from "../../src/core/hash.ts";
import type { Message } from "../../src/core/message.ts";
import {
  ContextOverflowError,
  type Model,
  type ModelReply,
  type ModelRequest,
} from "../../src/core/model.ts";
import { type AnthropicOptions, anthropic } from "../../src/models/anthropic.ts";
import { projectAnthropicReply } from "../../src/models/anthropicReply.ts";
import { ModelCallError } from "../../src/models/callError.ts";
import { modelContract, simpleRequest } from "../contracts/model.ts";
import { memoryLog, realClock } from "./fakeWorld.ts";
import { cutMidBody, type FaultyServer, faultyServer, json, silence } from "./faultyServer.ts";

const KEY = "sk-ant-very-secret-0123456789";
const never = () => new AbortController().signal;

function wire(baseUrl: string, changes: Partial<AnthropicOptions> = {}): Model {
  return anthropic({
    id: "m",
    modelName: "claude-served",
    baseUrl,
    endpointName: "main",
    apiKey: KEY,
    extraBody: {},
    timeoutMs: 20_000,
    connectionsMax: 8,
    maxTokens: 4096,
    thinking: null,
    thinkingDisplay: null,
    keyHeader: "authorization",
    betas: [],
    clock: realClock,
    log: memoryLog(),
    ...changes,
  });
}

function project(verbatim: string) {
  const projection = projectAnthropicReply(verbatim);
  if (typeof projection === "string" || "code" in projection) throw new Error("no message");
  return projection;
}

function message(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-served",
    content: [{ type: "text", text: "Let us look." }],
    stop_reason: "end_turn",
    usage: { input_tokens: 20, output_tokens: 12 },
    ...changes,
  };
}

/** What is sent of a request, as JSON. */
function sent(request: Partial<ModelRequest>, changes: Partial<AnthropicOptions> = {}) {
  return JSON.parse(wire("http://127.0.0.1:1", changes).encode(simpleRequest("go", request)));
}

const call = { id: "toolu_1", name: "shell", arguments: '{"command":"ls","n":[1,null]}' };
const thinking = { text: "hm", signature: "sig" };
const reply = (over: Partial<Extract<Message, { role: "assistant" }>> = {}): Message => ({
  role: "assistant",
  content: "Look.",
  reasoning: [thinking],
  toolCalls: [call],
  ...over,
});
const answer: Message = { role: "tool", content: "a.py", toolCallId: "toolu_1", name: "shell" };
const system: Message = { role: "system", content: "Be good." };
const task: Message = { role: "user", content: "Do it." };

modelContract("anthropic before aimock", async () => {
  const mock = new LLMock({ port: 0 });
  mock.onMessage("hello", {
    content: "Hi there!",
    reasoning: "They greet.",
    reasoningSignature: "s",
    usage: { input_tokens: 31, output_tokens: 4 },
  });
  await mock.start();
  return { model: wire(mock.url), request: simpleRequest("hello"), project, close: () => mock.stop() };
});

describe("anthropic before aimock", () => {
  const mock = new LLMock({ port: 0 });
  let model: Model;
  beforeAll(async () => {
    await mock.start();
    model = wire(mock.url);
  });
  afterAll(() => mock.stop());

  it("reads thinking with its signature, tool calls and usage, and sends them back as they came", async () => {
    mock.onMessage("weather", {
      toolCalls: [{ id: "toolu_9", name: "look_up", arguments: '{"city":"Ghent"}' }],
      reasoning: "They want the weather.",
      reasoningSignature: "signed",
      redactedThinking: ["opaque"],
    });
    const tools = [{ name: "look_up", description: "Looks up.", parameters: { type: "object" } }];
    const first = await model.complete(simpleRequest("weather", { tools }), never());
    expect(first.toolCalls).toEqual([{ id: "toolu_9", name: "look_up", arguments: '{"city":"Ghent"}' }]);
    expect(first.finish).toBe("toolCalls");
    expect(first.reasoning).toContainEqual({ text: "They want the weather.", signature: "signed" });
    expect(first.reasoning).toContainEqual({ text: "", encrypted: "opaque" });
    const assistant: Message = {
      role: "assistant",
      content: first.text,
      reasoning: [...first.reasoning],
      toolCalls: [...first.toolCalls],
    };
    const request = simpleRequest("weather", { tools, reasoningInHistory: "all" });
    const messages = [...request.messages, assistant, { ...answer, toolCallId: "toolu_9" }];
    const body = JSON.parse(model.encode({ ...request, messages }));
    const came: { content: unknown } = JSON.parse(first.verbatim);
    expect(body.messages[1]).toEqual({ role: "assistant", content: came.content });
  });

  it("tells a rate limit and an overflow apart", async () => {
    mock.onMessage("busy", {
      error: { message: "slow down", type: "rate_limit_error" },
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
      error: { message: "prompt is too long: 210000 tokens > 200000 maximum", type: "invalid_request_error" },
      status: 400,
    });
    await expect(model.complete(simpleRequest("too long"), never())).rejects.toThrow(ContextOverflowError);
  });
});

async function failureOf(promise: Promise<ModelReply>): Promise<ModelCallError> {
  const error: unknown = await promise.then(
    () => new Error("the call did not fail"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelCallError)) throw error;
  return error;
}

describe("what is sent", () => {
  it("has the system text apart, tools with their schema, and a limit of output", () => {
    const tools = [{ name: "shell", description: "Runs.", parameters: { type: "object", properties: {} } }];
    const body = sent({ messages: [system, task], tools, sampling: { stop: ["x"], topK: 5 } });
    expect(body).toEqual({
      model: "claude-served",
      max_tokens: 4096,
      system: [{ type: "text", text: "Be good.", cache_control: { type: "ephemeral" } }],
      tools: [{ name: "shell", description: "Runs.", input_schema: { type: "object", properties: {} } }],
      messages: [
        {
          role: "user",
          content: [{ type: "text", text: "Do it.", cache_control: { type: "ephemeral" } }],
        },
      ],
      top_k: 5,
      stop_sequences: ["x"],
    });
    expect(sent({ sampling: { maxTokens: 7, reasoningEffort: "minimal" } })).toMatchObject({
      max_tokens: 7,
      output_config: { effort: "low" },
    });
  });

  it("marks system text and the last two user turns, for an hour where an action may take longer than five minutes", () => {
    const messages = [system, task, reply(), answer, reply(), answer, reply(), answer];
    const marks = (pauseMsMax: number) => {
      const body = sent({ messages, pauseMsMax });
      const turns: { role: string; content: { cache_control?: unknown }[] }[] = body.messages;
      return [body.system, ...turns.map(({ content }) => content)].map(
        (blocks) => blocks.at(-1).cache_control,
      );
    };
    const short = { type: "ephemeral" };
    expect(marks(300_000)).toEqual([
      short,
      undefined,
      undefined,
      undefined,
      undefined,
      short,
      undefined,
      short,
    ]);
    const long = { type: "ephemeral", ttl: "1h" };
    expect(marks(300_001)).toEqual([long, undefined, undefined, undefined, undefined, long, undefined, long]);
  });

  it("sends reasoning again as far as it is asked to", () => {
    const messages = [task, reply(), answer, { role: "user", content: "On." } as const, reply(), answer];
    const kinds = (reasoningInHistory: "all" | "sinceUser" | "none") =>
      sent({ messages, reasoningInHistory })
        .messages.filter(({ role }: { role: string }) => role === "assistant")
        .map(({ content }: { content: { type: string }[] }) => content[0]?.type);
    expect(kinds("all")).toEqual(["thinking", "thinking"]);
    expect(kinds("sinceUser")).toEqual(["text", "thinking"]);
    expect(kinds("none")).toEqual(["text", "text"]);
  });

  it("joins the answers to one reply and what a user adds into one turn", () => {
    const other = { ...call, id: "toolu_2", arguments: "{bad" };
    const body = sent({
      messages: [
        task,
        reply({ reasoning: [], toolCalls: [call, other] }),
        answer,
        { ...answer, toolCallId: "toolu_2", content: " \n" },
        { role: "user", content: "On." },
      ],
    });
    expect(body.messages.slice(1)).toEqual([
      {
        role: "assistant",
        content: [
          { type: "text", text: "Look." },
          { type: "tool_use", id: "toolu_1", name: "shell", input: { command: "ls", n: [1, null] } },
          { type: "tool_use", id: "toolu_2", name: "shell", input: { INVALID_JSON: "{bad" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "toolu_1", content: "a.py" },
          { type: "tool_result", tool_use_id: "toolu_2" },
          { type: "text", text: "On.", cache_control: { type: "ephemeral" } },
        ],
      },
    ]);
  });

  it("leaves out what the API refuses: empty replies, and thinking that nothing follows or nobody signed", () => {
    const roles = (assistant: Message) =>
      sent({ messages: [task, assistant, task], reasoningInHistory: "all" }).messages.map(
        ({ role }: { role: string }) => role,
      );
    const bare = { content: " ", toolCalls: [] };
    expect(roles(reply({ ...bare, reasoning: [] }))).toEqual(["user"]);
    expect(roles(reply(bare))).toEqual(["user"]);
    expect(roles(reply({ ...bare, content: "x" }))).toEqual(["user", "assistant", "user"]);
    const unsigned = sent({
      messages: [task, reply({ reasoning: [{ text: "mine" }] }), answer],
      reasoningInHistory: "all",
    });
    expect(JSON.stringify(unsigned)).not.toContain("mine");
    expect(sent({ messages: [{ role: "user", content: "" }] }).messages[0].content[0].text).toBe("(nothing)");
  });

  it("thinks as it is told, and refuses what cannot work", () => {
    expect(sent({}, { thinking: { budgetTokens: 2048 }, thinkingDisplay: "summarized" }).thinking).toEqual({
      type: "enabled",
      budget_tokens: 2048,
      display: "summarized",
    });
    expect(sent({}, { thinking: "adaptive" }).thinking).toEqual({ type: "adaptive" });
    expect(() => wire("http://h", { thinking: { budgetTokens: 4096 } })).toThrow(UserError);
    expect(() => wire("http://h", { extraBody: { max_tokens: 1 } })).toThrow(/sampling\.maxTokens/);
    expect(sent({}, { extraBody: { service_tier: "auto", metadata: { b: 1, a: 2 } } })).toMatchObject({
      service_tier: "auto",
    });
  });
});

describe("anthropic before a faulty server", () => {
  let server: FaultyServer;
  let base = "";
  beforeEach(async () => {
    server = await faultyServer();
    base = new URL(server.baseUrl).origin;
  });
  afterEach(() => server[Symbol.asyncDispose]());
  const ask = (changes: Partial<AnthropicOptions> = {}, request = simpleRequest("go")) =>
    wire(base, changes).complete(request, never());

  it("posts the very bytes of encode, with the key in its own header and nothing of this machine", async () => {
    server.next(json(200, message(), { "request-id": "req_77" }));
    const answered = await ask({ betas: ["a-1", "b-2"] });
    const [request] = server.requests;
    expect(request?.path).toBe("/v1/messages");
    expect(request?.body.toString()).toBe(wire(base).encode(simpleRequest("go")));
    expect(answered.requestSha256).toBe(sha256(request?.body.toString() ?? ""));
    expect(answered.requestId).toBe("req_77");
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      "anthropic-version": expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      "anthropic-beta": "a-1,b-2",
    });
    expect(request?.headers["x-api-key"]).toBeUndefined();
    expect(Object.keys(request?.headers ?? {}).filter((name) => name.startsWith("x-stainless"))).toEqual([]);
  });

  it("sends no key where there is none", async () => {
    server.next(json(200, message()), json(200, message()));
    await ask({ apiKey: null });
    await ask({ keyHeader: "x-api-key" });
    expect(server.requests.map(({ headers }) => [headers["x-api-key"], headers["authorization"]])).toEqual([
      [undefined, undefined],
      [KEY, undefined],
    ]);
  });

  it("counts cache reads and writes, by how long they are kept", async () => {
    const usage = {
      input_tokens: 5,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 6 },
    };
    server.next(json(200, message({ usage })), json(200, message({ usage: { input_tokens: "?" } })));
    expect((await ask()).usage).toEqual({
      input: 135,
      cacheRead: 100,
      cacheWrite: 30,
      cacheWrite1h: 20,
      output: 9,
      reasoning: 6,
    });
    const log = memoryLog();
    expect((await ask({ log })).usage.input).toBe(0);
    expect(log.lines.map(({ event }) => event)).toEqual(["usage-unreadable"]);
  });

  it.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["tool_use", "toolCalls"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["refusal", "contentFilter"],
    ["something_new", "error"],
  ])("reads the stop reason %s as %s", async (stop_reason, finish) => {
    server.next(json(200, message({ stop_reason, content: [] })));
    expect(await ask()).toMatchObject({ finish, text: "" });
  });

  it("keeps an unusual order of blocks, and sends it back so", async () => {
    const content = [
      { type: "text", text: "First. " },
      { type: "thinking", thinking: "hm", signature: "s1" },
      { type: "tool_use", id: "a", name: "shell", input: { command: "ls" } },
      { type: "redacted_thinking", data: "xx" },
      { type: "text", text: "Then." },
      { type: "tool_use", id: "b", name: "shell", input: {} },
    ];
    server.next(json(200, message({ content, stop_reason: "tool_use" })));
    const got = await ask();
    expect(got).toMatchObject({ text: "First. Then.", layout: "t7 r c r t5 c" });
    const assistant: Message = {
      role: "assistant",
      content: got.text,
      reasoning: [...got.reasoning],
      toolCalls: [...got.toolCalls],
      layout: got.layout,
    };
    const body = sent({ messages: [task, assistant, answer], reasoningInHistory: "all" });
    expect(body.messages[1].content).toEqual(content);
  });

  it("tells overload, refusals by the key, and other texts from one another, and never the key", async () => {
    const error = (type: string, text: string) => ({ type: "error", error: { type, message: text } });
    server.next(json(529, error("overloaded_error", "Overloaded")));
    expect(await failureOf(ask())).toMatchObject({ status: 529, transient: true, throttled: true });
    server.next(json(200, error("overloaded_error", "Overloaded")));
    expect(await failureOf(ask())).toMatchObject({ status: 529, throttled: true });
    server.next(json(401, error("authentication_error", `invalid x-api-key ${KEY}`)));
    const refused = await failureOf(ask());
    expect(refused).toMatchObject({ status: 401, transient: false });
    expect(refused.message).not.toContain(KEY);
    const limit = "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000";
    server.next(json(400, error("invalid_request_error", limit)));
    await expect(ask()).rejects.toThrow(ContextOverflowError);
    server.next(json(404, error("not_found_error", "model: x")));
    expect((await failureOf(ask())).message).toContain("before /v1/messages");
  });

  it("names what broke on the way", async () => {
    server.next(cutMidBody);
    expect(await failureOf(ask())).toMatchObject({ transient: true, mayBeBilled: true });
    server.next(silence);
    const late = await failureOf(ask({ timeoutMs: 50 }));
    expect(late.message).toContain("gave no whole reply in time");
    server.next(json(200, { choices: [] }));
    expect((await failureOf(ask())).message).toContain("is this a messages API?");
  });
});

modelContract("anthropic before our own server", async () => {
  const server = await faultyServer();
  const content = [
    { type: "thinking", thinking: "hm", signature: "s" },
    { type: "tool_use", id: "a", name: "shell", input: { command: "ls" } },
  ];
  server.next(...Array.from({ length: 20 }, () => json(200, message({ content, stop_reason: "tool_use" }))));
  return {
    model: wire(new URL(server.baseUrl).origin, { apiKey: null }),
    request: simpleRequest("go"),
    project,
    close: async () => server[Symbol.asyncDispose](),
  };
});

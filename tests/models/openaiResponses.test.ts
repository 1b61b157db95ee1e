// The wire `openaiResponses` against an LLM server that we did not write, and against our own that misbehaves.
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
import { ModelCallError } from "../../src/models/callError.ts";
import { type OpenaiResponsesOptions, openaiResponses } from "../../src/models/openaiResponses.ts";
import { projectResponsesReply } from "../../src/models/openaiResponsesReply.ts";
import { modelContract, simpleRequest } from "../contracts/model.ts";
import { memoryLog, realClock } from "./fakeWorld.ts";
import { cutMidBody, type FaultyServer, faultyServer, json, refusal } from "./faultyServer.ts";

const KEY = "sk-very-secret-0123456789";
const never = () => new AbortController().signal;

function wire(baseUrl: string, changes: Partial<OpenaiResponsesOptions> = {}): Model {
  return openaiResponses({
    id: "m",
    modelName: "gpt-served",
    baseUrl,
    endpointName: "main",
    apiKey: KEY,
    extraBody: {},
    timeoutMs: 20_000,
    connectionsMax: 8,
    encryptedReasoning: true,
    reasoningSummary: null,
    clock: realClock,
    log: memoryLog(),
    ...changes,
  });
}

function project(verbatim: string) {
  const projection = projectResponsesReply(verbatim);
  if (typeof projection === "string" || "code" in projection) throw new Error("no response");
  return projection;
}

async function failureOf(promise: Promise<ModelReply>): Promise<ModelCallError> {
  const error: unknown = await promise.then(
    () => new Error("the call did not fail"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelCallError)) throw error;
  return error;
}

const REASONING = {
  type: "reasoning",
  id: "rs_1",
  summary: [
    { type: "summary_text", text: "One." },
    { type: "summary_text", text: "Two." },
  ],
  encrypted_content: "opaque==",
};
const CALL = {
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "shell",
  arguments: '{ "command": "ls"',
};
const said = (text: string, more: Readonly<Record<string, unknown>> = {}) => ({
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }],
  ...more,
});

function response(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: "resp_1",
    object: "response",
    model: "gpt-served",
    status: "completed",
    output: [said("Let us look.")],
    usage: {
      input_tokens: 120,
      input_tokens_details: { cached_tokens: 100, cache_write_tokens: 8 },
      output_tokens: 12,
      output_tokens_details: { reasoning_tokens: 7 },
      total_tokens: 132,
    },
    ...changes,
  };
}

function sent(request: Partial<ModelRequest>, changes: Partial<OpenaiResponsesOptions> = {}) {
  return JSON.parse(wire("http://127.0.0.1:1/v1", changes).encode(simpleRequest("go", request)));
}

/** The message that a reply becomes in a history. */
function remembered(reply: ModelReply): Message {
  const { text, reasoning, toolCalls, layout } = reply;
  return {
    role: "assistant",
    content: text,
    reasoning: [...reasoning],
    toolCalls: [...toolCalls],
    ...(layout === undefined ? {} : { layout }),
  };
}

const task: Message = { role: "user", content: "Do it." };
const answer: Message = { role: "tool", content: "a.py", toolCallId: "call_1", name: "shell" };

modelContract("openaiResponses before aimock", async () => {
  const mock = new LLMock({ port: 0 });
  mock.onMessage("hello", { content: "Hi!", usage: { input_tokens: 31, output_tokens: 4 } });
  await mock.start();
  return {
    model: wire(`${mock.url}/v1`),
    request: simpleRequest("hello"),
    project,
    close: () => mock.stop(),
  };
});

describe("openaiResponses before aimock", () => {
  const mock = new LLMock({ port: 0 });
  let model: Model;
  beforeAll(async () => {
    await mock.start();
    model = wire(`${mock.url}/v1`);
  });
  afterAll(() => mock.stop());

  it("keeps raw arguments and encrypted reasoning, and sends both back as they came", async () => {
    mock.onMessage("weather", {
      toolCalls: [{ id: "call_9", name: "look_up", arguments: '{"city": "Ghent"}' }],
      reasoning: "They want the weather.",
    });
    const tools = [{ name: "look_up", description: "Looks up.", parameters: { type: "object" } }];
    const reply = await model.complete(simpleRequest("weather", { tools }), never());
    expect(reply.toolCalls).toEqual([{ id: "call_9", name: "look_up", arguments: '{"city": "Ghent"}' }]);
    expect(reply.finish).toBe("toolCalls");
    expect(reply.requestId).toMatch(/\S/);
    const [reasoning] = reply.reasoning;
    expect(reasoning).toMatchObject({
      text: "They want the weather.",
      encrypted: expect.stringMatching(/./),
    });
    const came: { output: Record<string, unknown>[] } = JSON.parse(reply.verbatim);
    const { input } = sent({ messages: [task, remembered(reply)], reasoningInHistory: "all" });
    expect(input[1]).toEqual(came.output[0]);
    expect(input[2]).toEqual({
      type: "function_call",
      call_id: "call_9",
      name: "look_up",
      arguments: '{"city": "Ghent"}',
    });
  });

  it("tells an overflow from a rate limit", async () => {
    mock.onMessage("busy", { error: { message: "slow down", code: "rate_limit_exceeded" }, status: 429 });
    expect(await failureOf(model.complete(simpleRequest("busy"), never()))).toMatchObject({
      throttled: true,
    });
    mock.onMessage("too long", {
      error: {
        message: "Your input exceeds the context window of this model.",
        code: "context_length_exceeded",
      },
      status: 400,
    });
    await expect(model.complete(simpleRequest("too long"), never())).rejects.toThrow(ContextOverflowError);
  });
});

describe("what is sent", () => {
  it("keeps nothing on the server and asks for encrypted reasoning", () => {
    const tools = [{ name: "shell", description: "Runs.", parameters: { type: "object" } }];
    const sampling = { temperature: 1, maxTokens: 9, reasoningEffort: "low" } as const;
    expect(sent({ tools, sampling }, { reasoningSummary: "auto" })).toEqual({
      model: "gpt-served",
      input: [
        { type: "message", role: "system", content: "You are a careful researcher." },
        { type: "message", role: "user", content: "go" },
      ],
      store: false,
      tools: [
        {
          type: "function",
          name: "shell",
          description: "Runs.",
          parameters: { type: "object" },
          strict: false,
        },
      ],
      include: ["reasoning.encrypted_content"],
      temperature: 1,
      max_output_tokens: 9,
      reasoning: { effort: "low", summary: "auto" },
    });
    expect(sent({}, { encryptedReasoning: false })).not.toHaveProperty("include");
    expect(() => wire("http://h/v1", { extraBody: { previous_response_id: "x" } })).toThrow(UserError);
  });

  it("answers each call by its id", () => {
    const assistant: Message = {
      role: "assistant",
      content: "",
      reasoning: [],
      toolCalls: [{ id: "call_1", name: "shell", arguments: "{bad" }],
    };
    expect(sent({ messages: [task, assistant, answer] }).input.slice(1)).toEqual([
      { type: "function_call", call_id: "call_1", name: "shell", arguments: "{bad" },
      { type: "function_call_output", call_id: "call_1", output: "a.py" },
    ]);
  });
});

describe("openaiResponses before a faulty server", () => {
  let server: FaultyServer;
  beforeEach(async () => {
    server = await faultyServer();
  });
  afterEach(() => server[Symbol.asyncDispose]());
  const ask = (changes: Partial<OpenaiResponsesOptions> = {}) =>
    wire(server.baseUrl, changes).complete(simpleRequest("go"), never());

  it("posts the very bytes of encode", async () => {
    server.next(json(200, response(), { "x-request-id": "req_5" }));
    const reply = await ask();
    const body = server.requests[0]?.body.toString() ?? "";
    expect(server.requests[0]?.path).toBe("/v1/responses");
    expect(server.requests[0]?.headers["authorization"]).toBe(`Bearer ${KEY}`);
    expect(body).toBe(wire(server.baseUrl).encode(simpleRequest("go")));
    expect(reply).toMatchObject({ requestSha256: sha256(body), requestId: "req_5", text: "Let us look." });
    expect(reply.usage).toEqual({ input: 120, cacheRead: 100, cacheWrite: 8, output: 12, reasoning: 7 });
  });

  it("sends items of reasoning, text and calls back in the order in which they came", async () => {
    const output = [
      said("I look.", { phase: "commentary" }),
      REASONING,
      CALL,
      { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "more==" },
      { ...CALL, call_id: "call_2", arguments: "" },
    ];
    server.next(json(200, response({ output })));
    const reply = await ask();
    expect(reply).toMatchObject({
      text: "I look.",
      layout: "t7/commentary r r c r c",
      toolCalls: [{ id: "call_1", name: "shell", arguments: '{ "command": "ls"' }, { id: "call_2" }],
    });
    const { input } = sent({ messages: [task, remembered(reply), answer], reasoningInHistory: "all" });
    const bare = ({ id: _id, ...call }: typeof CALL) => call;
    expect(input.slice(1, -1)).toEqual([
      { type: "message", role: "assistant", content: "I look.", phase: "commentary" },
      REASONING,
      bare(CALL),
      { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "more==" },
      { ...bare(CALL), call_id: "call_2", arguments: "" },
    ]);
    const none = sent({ messages: [task, remembered(reply), answer] });
    expect(JSON.stringify(none.input)).not.toContain("opaque");
  });

  it("sends plain reasoning back as plain reasoning, and none that nothing follows", async () => {
    const open = {
      type: "reasoning",
      id: "rs_3",
      summary: [],
      content: [{ type: "reasoning_text", text: "Hm." }],
    };
    server.next(json(200, response({ output: [open, CALL] })), json(200, response({ output: [open] })));
    const reply = await ask();
    expect(reply.reasoning).toEqual([{ text: "Hm.", id: "rs_3" }]);
    const again = (given: ModelReply) =>
      sent({ messages: [task, remembered(given), answer], reasoningInHistory: "all" }).input.slice(1, -1);
    expect(again(reply)[0]).toEqual(open);
    expect(again(await ask())).toEqual([]);
  });

  it.each([
    [{ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length"],
    [{ status: "incomplete", incomplete_details: { reason: "content_filter" } }, "contentFilter"],
    [{ status: "incomplete", incomplete_details: { reason: "steered" } }, "error"],
    [{ status: "in_progress" }, "error"],
    [{ output: [REASONING, CALL] }, "toolCalls"],
    [{ output: [said("", { content: [{ type: "refusal", refusal: "I cannot." }] })] }, "stop"],
  ])("reads %j as %s", async (changes, finish) => {
    server.next(json(200, response(changes)));
    expect((await ask()).finish).toBe(finish);
  });

  it("tells failed responses by their code", async () => {
    const failed = (code: string, message: string) =>
      json(200, response({ status: "failed", output: [], error: { code, message } }));
    server.next(failed("rate_limit_exceeded", "slow down"));
    expect(await failureOf(ask())).toMatchObject({ status: 429, throttled: true });
    server.next(failed("server_error", "oh"));
    expect(await failureOf(ask())).toMatchObject({ status: 500, transient: true });
    server.next(failed("invalid_prompt", "no"));
    expect(await failureOf(ask())).toMatchObject({ status: 400, transient: false });
    server.next(failed("context_length_exceeded", "Your input exceeds the context window of this model."));
    await expect(ask()).rejects.toThrow(ContextOverflowError);
    server.next(refusal(401, `bad key ${KEY}`));
    const refused = await failureOf(ask());
    expect(refused.message).not.toContain(KEY);
    server.next(cutMidBody);
    expect(await failureOf(ask())).toMatchObject({ transient: true, mayBeBilled: true });
    server.next(json(200, { choices: [] }));
    expect((await failureOf(ask())).message).toContain("is this a responses API?");
  });
});

modelContract("openaiResponses before our own server", async () => {
  const server = await faultyServer();
  server.next(...Array.from({ length: 20 }, () => json(200, response({ output: [REASONING, CALL] }))));
  return {
    model: wire(server.baseUrl, { apiKey: null }),
    request: simpleRequest("go"),
    project,
    close: async () => server[Symbol.asyncDispose](),
  };
});

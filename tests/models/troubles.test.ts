// What a failed exchange says of the endpoint, as parking goes by it: each provider's words for a spent account, a refused key, a busy server.
import { describe, expect, it } from "vitest";
import { ModelCallError } from "../../src/models/callError.ts";
import {
  exchangeError,
  type NamedEndpoint,
  statusError,
  unreadableReply,
} from "../../src/models/chatErrors.ts";
import { ExchangeError } from "../../src/models/httpPost.ts";

const endpoint: NamedEndpoint = {
  name: "main",
  baseUrl: "http://127.0.0.1:8000/v1",
  modelName: "m",
  api: "a chat completions API",
  path: "/chat/completions",
  redact: (text) => text,
};

function troubleOf(status: number, body: unknown, headers: Record<string, string> = {}) {
  const answer = { status, headers: new Headers(headers), body: JSON.stringify(body) };
  const error = statusError(endpoint, answer, 0);
  if (!(error instanceof ModelCallError)) return error.name;
  const { trouble, transient, throttled, retryAfterMs } = error;
  return { trouble, transient, throttled, retryAfterMs };
}
const openai = (message: string, code: string | null = null) => ({ error: { message, type: "e", code } });
const spent = { trouble: "quota", transient: false, throttled: false, retryAfterMs: null };

describe("what a status says of the endpoint", () => {
  it.each([
    [402, openai("Insufficient Balance")],
    [429, openai("You exceeded your current quota, please check your plan", "insufficient_quota")],
    [429, openai("Billing hard limit has been reached", "billing_hard_limit_reached")],
    [403, openai("Insufficient credits. Add more")],
    [
      400,
      { type: "error", error: { type: "invalid_request_error", message: "Your credit balance is too low" } },
    ],
  ])("%i with nothing left to pay is a quota that waiting a minute does not fill", (status, body) => {
    expect(troubleOf(status, body, { "retry-after": "1" })).toEqual(spent);
  });

  it("a limit per minute is none, though some speak of a quota there, too", () => {
    const body = openai("You exceeded your current quota, please retry in 20s", "RESOURCE_EXHAUSTED");
    expect(troubleOf(429, body, { "retry-after": "20" })).toEqual({
      trouble: "throttled",
      transient: true,
      throttled: true,
      retryAfterMs: 20_000,
    });
  });

  it.each([
    [401, "key", false],
    [403, "key", false],
    [404, "unknownModel", false],
    [408, "down", true],
    [500, "down", true],
    [502, "down", true],
    [503, "throttled", true],
    [524, "down", true],
    [529, "throttled", true],
    [400, null, false],
    [413, null, false],
    [422, null, false],
    [501, null, false],
    [308, null, false],
  ])("%i is %s", (status, trouble, transient) => {
    expect(troubleOf(status, openai("no"))).toMatchObject({ trouble, transient });
  });

  it("a prompt that does not fit is the request's, whatever else the words are", () => {
    expect(troubleOf(400, openai("This model's maximum context length is 4096 tokens"))).toBe(
      "ContextOverflowError",
    );
  });
});

describe("an exchange without an answer", () => {
  it.each([
    ["ECONNREFUSED", false, "down", true],
    ["timeout", true, "down", true],
    ["CERT_HAS_EXPIRED", false, "down", false],
    ["tooLarge", true, null, false],
    ["encoding", true, null, false],
  ])("%s (sent: %s) is %s", (code, sent, trouble, transient) => {
    expect(exchangeError(endpoint, new ExchangeError(code, sent, "it broke"))).toMatchObject({
      trouble,
      transient,
      mayBeBilled: sent,
    });
  });

  it("nor one that cannot be read", () => {
    expect(unreadableReply(endpoint, "malformed JSON")).toMatchObject({ trouble: "down", mayBeBilled: true });
  });
});

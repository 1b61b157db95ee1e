// The wire `openai`: chat completions against any OpenAI-compatible base URL, one call per request. It knows nothing of
// retries, budgets or other endpoints, and loses nothing of the reply.
import OpenAI from "openai";
import { errorText, UserError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { Model, ModelReply, ModelRequest } from "../core/model.ts";
import { redactor } from "../core/redact.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type { NamedEndpoint } from "./chatErrors.ts";
import { exchangeError, statusError, unreadableReply } from "./chatErrors.ts";
import { projectChatReply } from "./chatReply.ts";
import { chatEncoder, outputLimitField } from "./chatRequest.ts";
import { ExchangeError, HttpStatusError, httpPost } from "./httpPost.ts";

/** Largest reply that is read. Token ids and log-probabilities of a long reply take some 5 MB. */
export const RESPONSE_BYTES_MAX = 33_554_432;

/** The SDK's own timer must never fire before ours, which covers the body too. */
const SDK_TIMER_SLACK_MS = 60_000;
const SDK_TIMER_MS_MAX = 2_147_483_647;

export interface OpenaiChatOptions {
  /** The model's id in this run: stands on every row. */
  readonly id: string;
  /** The name that the server knows the model by. */
  readonly modelName: string;
  /** Up to, not including, `/chat/completions`; usually ends in `/v1`. */
  readonly baseUrl: string;
  /** The base URL's name in records. */
  readonly endpointName: string;
  /** Null: no Authorization header is sent. */
  readonly apiKey: string | null;
  /** Further members of the request body; see chatRequest.ts for what it may hold and what wins. */
  readonly extraBody: Readonly<Record<string, unknown>>;
  /** Over one whole call, silence included. */
  readonly timeoutMs: number;
  /** Connections kept to this base URL: as many as calls may be out at once. */
  readonly connectionsMax: number;
  /** Keep a leading `<think>…</think>` block of the text apart as reasoning. Only for servers that do not do so themselves. */
  readonly thinkTags: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Default RESPONSE_BYTES_MAX. */
  readonly responseBytesMax?: number;
}

/**
 * A model behind one base URL. Throws UserError at once for a base URL, key or extraBody that cannot work.
 * Contract: `complete` throws ModelCallError, ContextOverflowError, or the signal's reason; the key is in none of them.
 */
export function openaiChat(options: OpenaiChatOptions): Model {
  const baseUrl = checkedBaseUrl(options);
  const key = checkedKey(options);
  const redact = redactor(key === null ? [] : [key]);
  const endpoint: NamedEndpoint = {
    name: options.endpointName,
    baseUrl: baseUrl.href,
    modelName: options.modelName,
    redact,
  };
  const encode = chatEncoder({
    modelName: options.modelName,
    outputLimit: outputLimitField(baseUrl),
    extraBody: options.extraBody,
  });
  const client = connect(options, baseUrl, key);
  const warn = onceEach(options);

  const complete = async (request: ModelRequest, signal: AbortSignal): Promise<ModelReply> => {
    signal.throwIfAborted();
    const body = encode(request);
    const startedAt = options.clock.monotonic();
    const response = await send(client, body, signal).catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw callError(endpoint, error, options.clock.now());
    });
    const verbatim = redact(await response.text());
    const latencyMs = options.clock.monotonic() - startedAt;
    const projection = projectChatReply(verbatim, options);
    if (typeof projection === "string") throw unreadableReply(endpoint, projection);
    if ("code" in projection) throw embeddedError(endpoint, projection.code, verbatim, options.clock.now());
    const { servedModel, warnings, ...reply } = projection;
    for (const warning of warnings) warn(warning);
    return {
      ...reply,
      servedModel: servedModel ?? options.modelName,
      requestId: response.headers.get("x-request-id"),
      latencyMs,
      throttledMs: 0,
      costUsd: null,
      endpoint: options.endpointName,
      verbatim,
      requestSha256: sha256(body),
    };
  };
  return { id: options.id, provider: "openai", encode, complete };
}

/** The body goes as text with its own content type: the SDK then sends these very bytes and serialises nothing. */
function send(client: OpenAI, body: string, signal: AbortSignal): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return client.post("/chat/completions", { body, headers, signal }).asResponse();
}

/** Everything that the SDK would else take from the environment is set here. */
function connect(options: OpenaiChatOptions, baseUrl: URL, key: string | null): OpenAI {
  return new OpenAI({
    baseURL: baseUrl.href,
    // The SDK insists on a key; without one the header is taken out again.
    apiKey: key ?? "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: "off",
    maxRetries: 0,
    timeout: Math.min(options.timeoutMs + SDK_TIMER_SLACK_MS, SDK_TIMER_MS_MAX),
    defaultHeaders: { Authorization: key === null ? null : `Bearer ${key}` },
    fetch: httpPost({
      connectionsMax: options.connectionsMax,
      timeoutMs: options.timeoutMs,
      responseBytesMax: options.responseBytesMax ?? RESPONSE_BYTES_MAX,
    }),
  });
}

/** The SDK wraps what our transport throws; the truth is somewhere in the chain of causes. */
function callError(endpoint: NamedEndpoint, error: unknown, nowMs: number): Error {
  let cause: unknown = error;
  while (cause instanceof Error) {
    if (cause instanceof HttpStatusError) return statusError(endpoint, cause, nowMs);
    if (cause instanceof ExchangeError) return exchangeError(endpoint, cause);
    cause = cause.cause;
  }
  return exchangeError(endpoint, new ExchangeError("unknown", true, errorText(error)));
}

/** An error inside a 200: its code is an HTTP status where it is a number; a provider failing underneath (502) otherwise. */
function embeddedError(endpoint: NamedEndpoint, code: string, body: string, nowMs: number): Error {
  const status = /^[45]\d\d$/.test(code) ? Number(code) : 502;
  return statusError(endpoint, { status, headers: new Headers(), body }, nowMs);
}

function checkedBaseUrl(options: OpenaiChatOptions): URL {
  const url = URL.canParse(options.baseUrl) ? new URL(options.baseUrl) : null;
  const where = `base URL of model endpoint "${options.endpointName}"`;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new UserError(`${where} is not an http(s) address: ${options.baseUrl}`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new UserError(`${where} may hold neither credentials nor a query: give the key by itself`);
  }
  url.pathname = url.pathname.replace(/\/+$/, "");
  return url;
}

function checkedKey({ apiKey, endpointName }: OpenaiChatOptions): string | null {
  if (apiKey !== null && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new UserError(
      `the API key of model endpoint "${endpointName}" is empty or holds spaces, line ends or other odd characters`,
    );
  }
  return apiKey;
}

/** Warnings repeat with every reply: each kind is logged once per model. */
function onceEach({ id, endpointName, log }: OpenaiChatOptions): (warning: string) => void {
  const seen = new Set<string>();
  return (warning) => {
    if (seen.has(warning)) return;
    seen.add(warning);
    log.warn(warning, { model: id, endpoint: endpointName });
  };
}

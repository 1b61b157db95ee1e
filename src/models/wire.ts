// What every wire does around its own format: checks its address and key, sends one body, names failures, and keeps the reply
// verbatim. It knows no provider.
import { errorText, UserError } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import type { Model, ModelReply, ModelRequest } from "../core/model.ts";
import { redactor } from "../core/redact.ts";
import type { Clock, Log } from "../core/runtime.ts";
import type { NamedEndpoint } from "./chatErrors.ts";
import { exchangeError, statusError, unreadableReply } from "./chatErrors.ts";
import { ExchangeError, HttpStatusError, httpPost } from "./httpPost.ts";
import { withoutSecrets } from "./withoutSecrets.ts";

/** Largest reply that is read. Token ids and log-probabilities of a long reply take some 5 MB. */
export const RESPONSE_BYTES_MAX = 33_554_432;

/** The header in which a server may name the weights that answered, where its reply's body does not. */
const POLICY_VERSION_HEADER = "x-policy-version";

/** An SDK's own timer must never fire before ours, which covers the body too. */
const SDK_TIMER_SLACK_MS = 60_000;
const SDK_TIMER_MS_MAX = 2_147_483_647;

export interface WireOptions {
  /** The model's id in this run: stands on every row. */
  readonly id: string;
  /** The name that the server knows the model by. */
  readonly modelName: string;
  /** Up to, not including, the wire's own path. */
  readonly baseUrl: string;
  /** The base URL's name in records. */
  readonly endpointName: string;
  /** Null: no key is sent. */
  readonly apiKey: string | null;
  /** Further members of the request body; what the request itself sets wins over a member of the same name. */
  readonly extraBody: Readonly<Record<string, unknown>>;
  /** Over one whole call, silence included. */
  readonly timeoutMs: number;
  /** Connections kept to this base URL: as many as calls may be out at once. */
  readonly connectionsMax: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes further secrets out of what the server says; its own key never stays in. */
  readonly redact?: (text: string) => string;
  /** Default RESPONSE_BYTES_MAX. */
  readonly responseBytesMax?: number;
}

/** The projection of a reply by its wire. */
export type Projection = Pick<
  ModelReply,
  "text" | "reasoning" | "toolCalls" | "finish" | "usage" | "tokens" | "policyVersion" | "providerCostUsd"
> & {
  readonly layout?: string;
  /** The model name in the reply; null where there was none. */
  readonly servedModel: string | null;
  /** The provider's mark of its backend's configuration, where it names one. */
  readonly fingerprint?: string;
  /** Doubts, as short event names: for the log. */
  readonly warnings: readonly string[];
};

/** The body carries an error of the provider in place of a reply (some send these with status 200). */
export interface EmbeddedError {
  /** An HTTP status as text where one fits; anything else stands for a provider failing underneath. */
  readonly code: string;
  readonly message: string;
}

/** What an SDK is connected with. Everything that it would else take from the environment is to be set by the wire. */
export interface Connection {
  readonly baseUrl: URL;
  readonly key: string | null;
  readonly sdkTimeoutMs: number;
  readonly fetch: ReturnType<typeof httpPost>;
}

export interface WireFormat {
  readonly provider: string;
  /** What the API is called in errors. */
  readonly api: string;
  /** Of the URL, after the base. */
  readonly path: string;
  readonly requestIdHeader: string;
  encode(request: ModelRequest): string;
  /** A string says, in words, why a body holds no reply. */
  project(verbatim: string): Projection | EmbeddedError | string;
  /** Sends these very bytes. */
  post(path: string, body: string, signal: AbortSignal): Promise<Response>;
}

/**
 * A model behind one base URL. Throws UserError at once for a base URL or key that cannot work.
 * Contract: `complete` throws ModelCallError, ContextOverflowError, or the signal's reason; the key is in none of them.
 */
export function wireModel(options: WireOptions, connect: (connection: Connection) => WireFormat): Model {
  const { clock, endpointName } = options;
  const baseUrl = checkedBaseUrl(options);
  const key = checkedKey(options);
  const format = connect({
    baseUrl,
    key,
    sdkTimeoutMs: Math.min(options.timeoutMs + SDK_TIMER_SLACK_MS, SDK_TIMER_MS_MAX),
    fetch: httpPost({
      connectionsMax: options.connectionsMax,
      timeoutMs: options.timeoutMs,
      responseBytesMax: options.responseBytesMax ?? RESPONSE_BYTES_MAX,
    }),
  });
  const { redact: redactOthers = (text: string) => text } = options;
  const redactKey = redactor(key === null ? [] : [{ name: "key", value: key }]);
  const redact = (text: string) => redactKey(redactOthers(text));
  const { api, path } = format;
  const endpoint: NamedEndpoint = {
    name: endpointName,
    baseUrl: baseUrl.href,
    modelName: options.modelName,
    api,
    path,
    redact,
  };
  const warn = onceEach(options);
  const clean = (header: string | null) => (header === null ? null : redact(header));

  const complete = async (request: ModelRequest, signal: AbortSignal): Promise<ModelReply> => {
    signal.throwIfAborted();
    const body = format.encode(request);
    const startedAt = clock.monotonic();
    const response = await format.post(path, body, signal).catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw callError(endpoint, error, clock.now());
    });
    const verbatim = withoutSecrets(await response.text(), redact);
    const latencyMs = clock.monotonic() - startedAt;
    const projection = format.project(verbatim);
    if (typeof projection === "string") throw unreadableReply(endpoint, projection);
    if ("code" in projection) throw embeddedError(endpoint, projection.code, verbatim, clock.now());
    const { servedModel, warnings, ...reply } = projection;
    for (const warning of warnings) warn(warning);
    return {
      ...reply,
      policyVersion: reply.policyVersion ?? clean(response.headers.get(POLICY_VERSION_HEADER)),
      servedModel: servedModel ?? options.modelName,
      requestId: clean(response.headers.get(format.requestIdHeader)),
      latencyMs,
      throttledMs: 0,
      costUsd: null,
      endpoint: endpointName,
      verbatim,
      requestSha256: sha256(body),
    };
  };
  return { id: options.id, provider: format.provider, encode: (request) => format.encode(request), complete };
}

/** An SDK wraps what our transport throws; the truth is somewhere in the chain of causes. */
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

function checkedBaseUrl(options: WireOptions): URL {
  const url = URL.canParse(options.baseUrl) ? new URL(options.baseUrl) : null;
  const where = `base URL of model endpoint "${options.endpointName}"`;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    const shown = options.baseUrl.replace(/\/\/[^/]*@/, "//…@");
    throw new UserError(`${where} is not an http(s) address: ${shown}; write it as http://127.0.0.1:8000/v1`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new UserError(`${where} may hold neither credentials nor a query: give the key by itself`);
  }
  url.pathname = url.pathname.replace(/\/+$/, "");
  return url;
}

function checkedKey({ apiKey, endpointName }: WireOptions): string | null {
  if (apiKey !== null && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new UserError(
      `the API key of model endpoint "${endpointName}" is empty or holds spaces, line ends or other odd characters; set its variable to the bare key`,
    );
  }
  return apiKey;
}

/** Warnings repeat with every reply: each kind is logged once per model. */
function onceEach({ id, endpointName, log }: WireOptions): (warning: string) => void {
  const seen = new Set<string>();
  return (warning) => {
    if (seen.has(warning)) return;
    seen.add(warning);
    log.warn(warning, { model: id, endpoint: endpointName });
  };
}

// One JSON POST over node:http(s), in the shape of fetch: keep-alive sized by concurrency, one timeout over the whole exchange,
// and no hidden limit on how long a server may think before its headers come (Node's own fetch gives up after 300 s).

import type { ClientRequest, IncomingMessage } from "node:http";
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** Idle sockets are closed before the common 5 s at which servers close theirs: a request on a dying socket may be lost. */
const SOCKET_IDLE_MS = 4_000;
/** Network boxes forget silent connections within minutes; probes keep a long-thinking reply's connection known. */
const TCP_PROBE_MS = 30_000;
const ERROR_BODY_BYTES_MAX = 65_536;
const TIMER_MS_MAX = 2_147_483_647;
/** All other headers of the SDK describe this machine to the provider, or come from the environment: they stay here. */
const HEADERS_SENT = [
  "authorization",
  "x-api-key",
  "anthropic-version",
  "anthropic-beta",
  "content-type",
  "accept",
  "user-agent",
];

/** No usable answer: never connected, connection lost, silence past the timeout, or an answer that cannot be read. */
export class ExchangeError extends Error {
  override readonly name = "ExchangeError";
  readonly code: string;
  /** True once the connection stood, so that the request may have been received and worked on. */
  readonly sent: boolean;
  constructor(code: string, sent: boolean, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.sent = sent;
  }
}

/** An answer outside 200–299, with the start of its body. */
export class HttpStatusError extends Error {
  override readonly name = "HttpStatusError";
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  constructor(status: number, headers: Headers, body: string) {
    super(`HTTP status ${status}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

export interface HttpPostOptions {
  /** Most connections at once; calls beyond it wait for one, inside their timeout. */
  readonly connectionsMax: number;
  /** Over the whole exchange, from the call to the last byte. */
  readonly timeoutMs: number;
  readonly responseBytesMax: number;
}

/**
 * A function in fetch's shape for string bodies. Throws HttpStatusError and ExchangeError; the response it returns is whole.
 */
export function httpPost(
  options: HttpPostOptions,
): (input: string | URL | Request, init?: RequestInit) => Promise<Response> {
  const pool = { keepAlive: true, maxSockets: options.connectionsMax, timeout: SOCKET_IDLE_MS };
  const http = new HttpAgent(pool);
  const https = new HttpsAgent(pool);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const body = init?.body;
    if (typeof body !== "string") throw new TypeError("only text bodies can be posted");
    const bytes = Buffer.from(body);
    const given = new Headers(init?.headers);
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    for (const name of HEADERS_SENT) {
      const value = given.get(name);
      if (value !== null) headers[name] = value;
    }
    headers["content-length"] = String(bytes.length);
    const settings = { method: "POST", headers, ...(init?.signal ? { signal: init.signal } : {}) };
    const request =
      url.protocol === "https:"
        ? httpsRequest(url, { ...settings, agent: https })
        : httpRequest(url, { ...settings, agent: http });
    return await exchange(request, bytes, url.protocol === "https:", options);
  };
}

async function exchange(
  request: ClientRequest,
  body: Buffer,
  secure: boolean,
  options: HttpPostOptions,
): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  let sent = false;
  const failed = (error: unknown) => {
    if (error instanceof ExchangeError || error instanceof HttpStatusError) reject(error);
    else if (request.destroyed && isAbortError(error)) reject(error);
    else reject(new ExchangeError(codeOf(error), sent, messageOf(error), error));
  };
  const timer = setTimeout(
    () => {
      // Rejected first: destroying a request whose reply has begun surfaces as a lost connection.
      reject(new ExchangeError("timeout", sent, `no complete reply within ${options.timeoutMs} ms`));
      request.destroy();
    },
    Math.min(options.timeoutMs, TIMER_MS_MAX),
  );
  request.on("socket", (socket) => {
    socket.setKeepAlive(true, TCP_PROBE_MS);
    if (!socket.connecting) sent = true;
    else {
      socket.once(secure ? "secureConnect" : "connect", () => {
        sent = true;
      });
    }
  });
  request.on("error", failed);
  request.on("response", (response) => {
    readWhole(response, options.responseBytesMax).then(
      (bytes) => {
        const status = response.statusCode ?? 0;
        const headers = headersOf(response);
        if (status < 200 || status > 299) reject(new HttpStatusError(status, headers, bytes.toString()));
        // The status is not passed on: a Response with 204 may not carry a body, and all 2xx mean the same here.
        else resolve(new Response(new Uint8Array(bytes), { headers }));
      },
      (error: unknown) => {
        failed(error);
        request.destroy();
      },
    );
  });
  request.end(body);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

async function readWhole(response: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const isError = (response.statusCode ?? 0) >= 300;
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity" && !isError) {
    const what = `the reply is compressed (${encoding}) though identity was asked for`;
    throw new ExchangeError("encoding", true, what);
  }
  for await (const chunk of response) {
    const piece: unknown = chunk;
    if (!Buffer.isBuffer(piece)) throw new TypeError("an HTTP body came as text");
    length += piece.length;
    chunks.push(piece);
    if (isError && length > ERROR_BODY_BYTES_MAX) break;
    if (length > bytesMax) {
      throw new ExchangeError("tooLarge", true, `the reply is larger than ${bytesMax} bytes`);
    }
  }
  return isError ? Buffer.concat(chunks).subarray(0, ERROR_BODY_BYTES_MAX) : Buffer.concat(chunks);
}

function headersOf(response: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

// A small OpenAI-compatible server of our own that misbehaves on demand, and keeps every request's bytes.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What to do with one request, once its body has been read. */
export type Behaviour = (response: ServerResponse, request: SeenRequest) => void;

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface FaultyServer extends AsyncDisposable {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  readonly requests: readonly SeenRequest[];
  /** Connections opened so far. */
  connectionCount(): number;
  /** Queues behaviours for the next requests; without any, a request gets a good reply. */
  next(...behaviours: readonly Behaviour[]): void;
  /** Resolves when so many requests have been read. */
  seen(count: number): Promise<void>;
}

/** A good reply, with changes. */
export function completion(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    model: "served-model",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "Let us look.\n```\nls\n```" },
        finish_reason: "stop",
      },
    ],
    usage: { prompt_tokens: 120, completion_tokens: 12, total_tokens: 132 },
    ...changes,
  };
}

export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  return raw(status, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

export function raw(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return (response) => response.writeHead(status, headers).end(body);
}

/** An error in OpenAI's form. */
export function refusal(
  status: number,
  message: string,
  more: { code?: string; headers?: Record<string, string> } = {},
): Behaviour {
  return json(status, { error: { message, type: "error", code: more.code ?? null } }, more.headers);
}

/** Headers and half of a reply, then the connection is cut. */
export const cutMidBody: Behaviour = (response) => {
  const text = JSON.stringify(completion());
  response.writeHead(200, { "content-type": "application/json", "content-length": String(text.length) });
  response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
};

/** The connection is cut before any answer. */
export const cutAtOnce: Behaviour = (response) => {
  response.socket?.destroy();
};

/** Nothing is ever answered. */
export const silence: Behaviour = () => {};

/** Headers come, the body never does. */
export const silenceMidBody: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
};

/** More and more bytes until the reader has enough. */
export const endless: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const piece = " ".repeat(65_536);
  const pump = () => {
    while (!response.destroyed) if (!response.write(piece)) break;
  };
  response.on("drain", pump);
  response.on("error", () => {});
  pump();
};

/** A good reply, some milliseconds later. */
export function slow(ms: number): Behaviour {
  return (response) => {
    setTimeout(() => json(200, completion())(response, { path: "", headers: {}, body: Buffer.alloc(0) }), ms);
  };
}

export async function faultyServer(): Promise<FaultyServer> {
  const requests: SeenRequest[] = [];
  const queue: Behaviour[] = [];
  const sockets = new Set<Socket>();
  let waiting: (() => void)[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const seen = { path: request.url ?? "", headers: request.headers, body };
      requests.push(seen);
      const ready = waiting;
      waiting = [];
      for (const wake of ready) wake();
      const behave = queue.shift() ?? json(200, completion());
      behave(response, seen);
    });
  });
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    connectionCount: () => connections,
    next: (...behaviours) => queue.push(...behaviours),
    seen: async (count) => {
      while (requests.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

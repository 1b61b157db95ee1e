// A model endpoint on loopback that plays a short rollout with whoever calls it, counts what it sells, and has a mood: how it answers
// instead, for as long as it has one. Closed, it is a port where nobody listens; it opens again on the same one.
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type Behaviour, completion, json, type SeenRequest } from "../models/faultyServer.ts";

/** How a request is answered instead; null: well. `nth` counts the requests since the mood began, from 0. */
export type Mood = (request: SeenRequest, nth: number) => Behaviour | null;

export interface EndpointDouble extends AsyncDisposable {
  readonly baseUrl: string;
  readonly host: string;
  /** Requests that got here. */
  readonly seenCount: number;
  /** Bodies whose reply was sent whole. */
  readonly sold: readonly string[];
  /** Rollouts whose last request got something else than a good reply. */
  readonly waitingCount: number;
  /** What its replies name as their model, and as their backend's mark. */
  servedAs(model: string, fingerprint?: string): void;
  /** Null: well again. */
  mood(mood: Mood | null): void;
  close(): Promise<void>;
  open(): Promise<void>;
}

const COMMANDS = ["ls -la", "cat strategy.py | head -c 400", "validate", "echo one more look", "submit"];

/** Each rollout takes `stepCount` calls, two at the least: looks and one validation, then it submits. */
export async function endpointDouble(stepCount = COMMANDS.length): Promise<EndpointDouble> {
  const sockets = new Set<Socket>();
  const sold: string[] = [];
  const waiting = new Set<string>();
  let seenCount = 0;
  let nth = 0;
  let current: Mood | null = null;
  let served: Record<string, string> = { model: "double-1" };
  let port = 0;
  let server: Server | null = null;

  const answerWell: Behaviour = (response, request) => {
    const body = request.body.toString();
    const step = body.split('"role":"assistant"').length - 1;
    const command = step >= stepCount - 1 ? "submit" : (COMMANDS[step % (COMMANDS.length - 1)] ?? "ls");
    const content = `Step ${step + 1}.\n\n\`\`\`\n${command}\n\`\`\``;
    const message = { role: "assistant", content };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    response.on("finish", () => {
      sold.push(body);
      waiting.delete(rolloutOf(body));
    });
    json(200, completion({ choices, ...served }), { "x-request-id": `r${seenCount}` })(response, request);
  };
  const open = async () => {
    const opened = createServer((request, response) => {
      const chunks: Buffer[] = [];
      response.on("error", () => {});
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const seen = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) };
        seenCount += 1;
        const behave = current?.(seen, nth) ?? answerWell;
        if (behave !== answerWell) waiting.add(rolloutOf(seen.body.toString()));
        nth += 1;
        behave(response, seen);
      });
    });
    opened.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => opened.listen(port, "127.0.0.1", resolve));
    ({ port } = opened.address() as AddressInfo);
    server = opened;
  };
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
    server = null;
  };
  await open();
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    host: `127.0.0.1:${port}`,
    get seenCount() {
      return seenCount;
    },
    sold,
    get waitingCount() {
      return waiting.size;
    },
    servedAs(model, fingerprint) {
      served = { model, ...(fingerprint === undefined ? {} : { system_fingerprint: fingerprint }) };
    },
    mood(mood) {
      current = mood;
      nth = 0;
    },
    open,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Requests of one rollout bear its seed. */
function rolloutOf(body: string): string {
  return /"seed":(\d+)/.exec(body)?.[1] ?? "";
}

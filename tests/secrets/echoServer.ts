// A model server that betrays whoever calls it: it puts the key that it was sent into every part of its replies and refusals, in every
// encoding, and plays an agent that does its best to find keys where it runs.
import { createServer, type IncomingMessage } from "node:http";

export interface EchoServer extends AsyncDisposable {
  /** Ends in `/v1`. What is sent below `/refuse/v1` or `/reject/v1` in its place is answered with 401 or 400. */
  readonly origin: string;
  /** Keys that came in, each once. */
  readonly keys: ReadonlySet<string>;
  /** What the notices that came in say. */
  readonly notices: readonly string[];
}

/** Plays `turns` in order, by the number of replies that a history holds; `turn` may use the key. */
export async function startEchoServer(turns: readonly ((key: string) => string)[]): Promise<EchoServer> {
  const keys = new Set<string>();
  const notices: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const url = request.url ?? "";
      if (url.startsWith("/hook/")) {
        notices.push(body);
        response.writeHead(500).end(`no notice for ${url}`);
        return;
      }
      const key = (request.headers.authorization ?? "").replace(/^Bearer /, "");
      if (key !== "") keys.add(key);
      const headers = {
        "content-type": "application/json",
        "x-request-id": `req-${key}`,
        "x-policy-version": key,
      };
      const status = url.startsWith("/refuse/") ? 401 : url.startsWith("/reject/") ? 400 : 200;
      if (status !== 200) {
        const long = "a".repeat(270);
        const message = `Incorrect API key provided: ${key}. ${long} ${key} ${Buffer.from(key).toString("base64")}`;
        response.writeHead(status, headers).end(JSON.stringify({ error: { message, code: key, type: key } }));
        return;
      }
      const { messages = [] }: { messages?: { role: string }[] } = JSON.parse(body === "" ? "{}" : body);
      const step = messages.filter(({ role }) => role === "assistant").length;
      const content = turns[Math.min(step, turns.length - 1)]?.(key) ?? "";
      const tokens = [...content].map((token) => ({ token, logprob: -0.1, bytes: [...Buffer.from(token)] }));
      const ids = Array.from({ length: content.length }, (_, at) => content.charCodeAt(at));
      response.writeHead(200, headers).end(
        JSON.stringify({
          id: `chatcmpl-${key}`,
          model: `served-for-${key}`,
          system_fingerprint: Buffer.from(`fp:${key}`).toString("base64"),
          prompt_token_ids: [1, 2, 3],
          choices: [
            {
              index: 0,
              message: { role: "assistant", content, reasoning_content: `I was called with Bearer ${key}` },
              finish_reason: "stop",
              token_ids: ids,
              logprobs: { content: tokens },
            },
          ],
          usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
          debug: { request_headers: request.headers, hex: Buffer.from(key).toString("hex") },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP port was given");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    keys,
    notices,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

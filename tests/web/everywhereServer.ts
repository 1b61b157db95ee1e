// An HTTP server on all addresses of this machine that notes at which of them each connection arrived. One loopback address plays a public
// server; a connection to any other is one that got inside.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Plays a public address: tests let it through, and no other that is not public. */
export const PUBLIC_DOUBLE = "127.0.0.2";

export interface EverywhereServer extends AsyncDisposable {
  readonly port: number;
  /** Local addresses of all connections since the last `forget`, IPv4 in dotted form. */
  readonly arrived: readonly string[];
  /** Those that got inside. */
  inside(): readonly string[];
  forget(): void;
}

export async function everywhereServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<EverywhereServer> {
  const arrived: string[] = [];
  const server = createServer(answer);
  server.on("connection", (socket) =>
    arrived.push((socket.localAddress ?? "nowhere").replace(/^::ffff:/, "")),
  );
  const listen = (host: string) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, host, resolve);
    });
  // A machine without IPv6 has no inner IPv6 addresses to reach either.
  await listen("::").catch(() => listen("0.0.0.0"));
  const { port }: AddressInfo = Object.assign({ port: 0, address: "", family: "" }, server.address());
  return {
    port,
    arrived,
    inside: () => arrived.filter((address) => address !== PUBLIC_DOUBLE),
    forget: () => {
      arrived.length = 0;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

// The WebSocket door of the OpenEnv protocol: one session a connection, a request and its reply at a time, gone with its client.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../core/runtime.ts";
import { asRefusal, parsed, parseJson, REQUEST_BYTES_MAX } from "../httpMessages.ts";
import { Refusal } from "../refusal.ts";
import {
  actionSchema,
  errorMessage,
  messageSchema,
  observationMessage,
  resetSchema,
  stateMessage,
} from "./messages.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

export interface SocketDoor {
  /** Takes over a connection that asked for `/ws` and may have it. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends every connection. */
  close(): void;
}

export interface SocketOptions {
  readonly sessions: Sessions;
  readonly clock: Clock;
  /** How often a silent client is asked whether it is still there; one that has not answered by the next time is gone. */
  readonly pingMs: number;
}

/** Close codes (RFC 6455, 7.4.1, and IANA's registry): going away, try again later. */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;
const NORMAL = 1000;

/** A door that takes connections over from an HTTP server. Contract: close it. */
export function socketDoor({ sessions, clock, pingMs }: SocketOptions): SocketDoor {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: REQUEST_BYTES_MAX,
    perMessageDeflate: false,
  });
  const stop = new AbortController();

  const serve = (socket: WebSocket) => {
    // What the connection itself complains of (a broken frame, a message too large) ends it; `close` follows.
    socket.on("error", () => {});
    let session: Session;
    try {
      session = sessions.open((why) => end(socket, why, GOING_AWAY));
    } catch (error) {
      end(socket, asRefusal(error), TRY_AGAIN_LATER);
      return;
    }
    socket.on("message", (data, isBinary) => {
      answer(session, data, isBinary).then(
        (reply) => {
          if (reply !== null) return send(socket, reply);
          socket.close(NORMAL);
        },
        (error: unknown) => {
          const { code, message } = asRefusal(error);
          send(socket, errorMessage(code, message));
        },
      );
    });
    const gone = new AbortController();
    watch(socket, clock, pingMs, AbortSignal.any([gone.signal, stop.signal])).catch(() => {});
    socket.once("close", () => {
      gone.abort();
      sessions.close(session).catch(() => {});
    });
  };
  return {
    accept: (request, socket, head) => server.handleUpgrade(request, socket, head, serve),
    close() {
      stop.abort();
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

/** The reply to one message; null: the client says goodbye. */
async function answer(session: Session, data: RawData, isBinary: boolean): Promise<object | null> {
  if (isBinary) throw new Refusal("INVALID_JSON", "messages are JSON texts, and this one is binary");
  const { type, data: sent = {} } = parsed(messageSchema, parseJson(data.toString()));
  switch (type) {
    case "reset":
      return observationMessage(await session.reset(parsed(resetSchema, sent)));
    case "step":
      return observationMessage(await session.step(parsed(actionSchema, sent)));
    case "state":
      return stateMessage(session.state);
    case "close":
      return null;
    default:
      throw new Refusal(
        "UNKNOWN_TYPE",
        `there is no message type ${JSON.stringify(type)}; send reset, step, state or close`,
      );
  }
}

/** Ends a connection whose other side does not answer: a machine that lost its network says no goodbye. */
async function watch(socket: WebSocket, clock: Clock, pingMs: number, signal: AbortSignal): Promise<void> {
  let isThere = true;
  socket.on("pong", () => {
    isThere = true;
  });
  for (;;) {
    await clock.sleep(pingMs, signal);
    if (!isThere) return socket.terminate();
    isThere = false;
    socket.ping();
  }
}

function send(socket: WebSocket, message: object): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message), () => {});
}

function end(socket: WebSocket, { code, message }: Refusal, closeCode: number): void {
  send(socket, errorMessage(code, message));
  socket.close(closeCode);
}

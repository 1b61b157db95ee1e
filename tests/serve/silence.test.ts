// Clients that fall silent without a goodbye: a machine that lost its network answers no ping, and its session is closed.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "../../src/compose/world.ts";
import type { Game, Games } from "../../src/serve/openEnv/game.ts";
import { openSessions } from "../../src/serve/openEnv/sessions.ts";
import { socketDoor } from "../../src/serve/openEnv/socket.ts";
import { places } from "../../src/serve/places.ts";
import { until } from "./live.ts";

const PING_MS = 20;

/** A game of which only its end matters. */
function gamesWith(onEnd: () => void): Games {
  const observation = { text: "", cwd: ".", open_file: null, first_line: 1, truncated: false, info: {} };
  const game: Game = {
    reset: async () => ({ observation }),
    step: (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    evaluate: async () => ({}),
    [Symbol.asyncDispose]: async () => onEnd(),
  };
  const task = { id: "tiny", description: "", toolDocs: "", toolSchemas: [], limits: {} };
  return { tasks: [task], open: () => game };
}

it("closes the session of a client that answers no ping, in the midst of a step; one that does stays", async () => {
  let endedCount = 0;
  const rooms = places("sessions", 4);
  const games = gamesWith(() => {
    endedCount += 1;
  });
  const sessions = openSessions({
    games,
    places: rooms,
    idleMsMax: 600_000,
    clock: systemClock,
    newId: () => randomUUID(),
  });
  const door = socketDoor({ sessions, clock: systemClock, pingMs: PING_MS });
  const server = createServer();
  server.on("upgrade", (request, socket, head) => door.accept(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `ws://127.0.0.1:${typeof address === "object" ? address?.port : 0}/ws`;
  const silent = new WebSocket(url, { autoPong: false });
  const closed = once(silent, "close");
  await once(silent, "open");
  silent.send(JSON.stringify({ type: "reset" }));
  await once(silent, "message");
  silent.send(JSON.stringify({ type: "step", data: { command: "sleep 600" } }));
  await closed;
  await until(() => endedCount === 1 && rooms.taken === 0);

  const alive = new WebSocket(url);
  let pings = 0;
  alive.on("ping", () => {
    pings += 1;
  });
  await until(() => pings > 5);
  expect(alive.readyState).toBe(WebSocket.OPEN);
  alive.terminate();
  await until(() => rooms.taken === 0);
  await sessions[Symbol.asyncDispose]();
  door.close();
  server.close();
});

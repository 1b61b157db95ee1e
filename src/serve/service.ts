// The service: one HTTP server whose routes are the Gym by the OpenEnv protocol, and rollouts for trainers. It picks nothing: what plays
// and what is played is given.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Clock, Log } from "../core/runtime.ts";
import { guard } from "./guard.ts";
import { asRefusal, readJson, sendJson, sendRefusal } from "./httpMessages.ts";
import type { Games } from "./openEnv/game.ts";
import { closeSchema, protocolSchemas, resetSchema, stepSchema } from "./openEnv/messages.ts";
import { plainHttp } from "./openEnv/plainHttp.ts";
import { openSessions } from "./openEnv/sessions.ts";
import { socketDoor } from "./openEnv/socket.ts";
import { places } from "./places.ts";
import { Refusal } from "./refusal.ts";
import { openJobs } from "./rollouts/jobs.ts";
import type { RolloutPlayer } from "./rollouts/player.ts";
import { policyVersions } from "./rollouts/policyVersions.ts";
import { policyVersionRequestSchema, rolloutsRequestSchema } from "./rollouts/request.ts";

export interface ServiceOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Null: none is asked for; only for loopback. */
  readonly token: string | null;
  readonly games: Games;
  readonly player: RolloutPlayer;
  readonly sessionsMax: number;
  readonly sessionIdleMsMax: number;
  /** `POST /rollouts` at a time. */
  readonly requestsMax: number;
  /** Rollouts played at a time, of all requests together. */
  readonly rolloutsMax: number;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A fresh name that cannot be guessed. */
  readonly newId: () => string;
  /** How often a silent WebSocket client is asked whether it is there. Default PING_MS. */
  readonly pingMs?: number;
}

/** Contract: dispose it; then no session, no rollout and no connection is left. */
export interface Service extends AsyncDisposable {
  /** Where it listens, as `http://127.0.0.1:8000`. */
  readonly url: string;
}

const PING_MS = 15_000;
/** A client has so long to send its whole request. */
const REQUEST_MS_MAX = 60_000;
const HEADERS_MS_MAX = 15_000;
const HEADER_BYTES_MAX = 16_384;
/** A silent connection is asked for by the system after so long: what has lost its network is closed in the end. */
const KEEP_ALIVE_MS = 15_000;
/** Connections beside those that sessions and rollouts hold: questions, and those that are told to come later. */
const CONNECTIONS_SPARE = 256;

type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

/** Starts listening. Rejects with the system's error where it cannot. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { games, player, clock, log, newId, sessionsMax, requestsMax } = options;
  const admit = guard(options.token);
  const sessions = openSessions({
    games,
    places: places("sessions", sessionsMax),
    idleMsMax: options.sessionIdleMsMax,
    clock,
    newId,
  });
  const versions = policyVersions();
  const jobs = openJobs({
    player,
    versions,
    requests: places("requests for rollouts", requestsMax),
    rollouts: places("rollouts", options.rolloutsMax),
    clock,
    log,
    newId,
  });
  const plain = plainHttp(sessions, newId);
  const door = socketDoor({ sessions, clock, pingMs: options.pingMs ?? PING_MS });
  const first = games.tasks[0];

  const routes: Readonly<Record<string, Route>> = {
    "GET /health": async (_, response) => sendJson(response, 200, { status: "healthy" }),
    "GET /schema": async (_, response) => sendJson(response, 200, protocolSchemas()),
    "GET /metadata": async (_, response) =>
      sendJson(response, 200, {
        name: "nightshift",
        description: `ML research tasks: ${games.tasks.map(({ id }) => id).join(", ")}`,
        version: options.version,
        author: null,
        documentation_url: null,
        readme_content: first?.description ?? null,
      }),
    "GET /tasks": async (_, response) => sendJson(response, 200, { tasks: games.tasks }),
    "POST /reset": async (request, response) =>
      sendJson(response, 200, await plain.reset(await readJson(request, resetSchema))),
    "POST /step": async (request, response) => {
      const { action, timeout_s, episode_id } = await readJson(request, stepSchema);
      const of = {
        action,
        ...(timeout_s === undefined ? {} : { timeoutMs: timeout_s * 1000 }),
        ...(episode_id === undefined ? {} : { episodeId: episode_id }),
      };
      sendJson(response, 200, await plain.step(of));
    },
    "GET /state": async (_, response, url) =>
      sendJson(response, 200, plain.state(url.searchParams.get("episode_id") ?? undefined)),
    "POST /close": async (request, response) => {
      await plain.close((await readJson(request, closeSchema)).episode_id);
      sendJson(response, 200, {});
    },
    "GET /rollouts": async (_, response) => sendJson(response, 200, { rollouts: jobs.list() }),
    "POST /rollouts": async (request, response) =>
      jobs.serve(await readJson(request, rolloutsRequestSchema), response),
    "POST /policyVersion": async (request, response) => {
      const { endpoint, policyVersion } = await readJson(request, policyVersionRequestSchema);
      player.checkEndpoint(endpoint);
      versions.set(endpoint, policyVersion);
      sendJson(response, 200, { policyVersion });
    },
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = urlOf(request);
    const name = `${request.method} ${url.pathname}`;
    // Whether it lives may be asked by whoever sees the port: load balancers have no token.
    if (name !== "GET /health" || options.token === null) admit(request.headers);
    const [, id] = /^\/rollouts\/([\w-]+)$/.exec(url.pathname) ?? [];
    if (request.method === "DELETE" && id !== undefined) {
      return sendJson(response, 200, await jobs.stop(id, "stopped by a DELETE"));
    }
    const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
    if (route === undefined) throw new Refusal("NOT_FOUND", `there is no ${name.slice(0, 200)} here`);
    await route(request, response, url);
  };

  const server = createServer({
    requestTimeout: REQUEST_MS_MAX,
    headersTimeout: HEADERS_MS_MAX,
    maxHeaderSize: HEADER_BYTES_MAX,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  server.maxConnections = sessionsMax + requestsMax + CONNECTIONS_SPARE;
  server.on("request", (request, response) => {
    answer(request, response).catch((error: unknown) => {
      const refusal = asRefusal(error);
      if (refusal.status === 500) log.warn("request-failed", { code: refusal.code, reason: refusal.message });
      sendRefusal(response, error);
    });
  });
  server.on("upgrade", (request, socket, head) => {
    try {
      admit(request.headers);
      if (urlOf(request).pathname !== "/ws") throw new Refusal("NOT_FOUND", "WebSockets are at /ws");
      door.accept(request, socket, head);
    } catch (error) {
      const { status, message } = asRefusal(error);
      socket.on("error", () => {});
      socket.end(
        `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\n${message}\n`,
      );
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  return {
    url: `http://${isIP(options.host) === 6 ? `[${options.host}]` : options.host}:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.allSettled([jobs.close(), sessions[Symbol.asyncDispose]()]);
      door.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The path that was asked for; a host in front of it is none of ours. */
function urlOf(request: IncomingMessage): URL {
  const target = request.url ?? "/";
  const base = "http://nightshift";
  if (/^\/(?!\/)/.test(target) && URL.canParse(target, base)) return new URL(target, base);
  throw new Refusal("NOT_FOUND", "the path is no path");
}

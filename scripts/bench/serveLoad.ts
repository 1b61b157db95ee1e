// Loads `nightshift serve` on loopback: sessions at once with several steps each, requests for rollouts at once against the LLM double, one too
// many of both, clients that vanish in the midst of an action, and requests that are stopped. Prints what went wrong, what was left, and times.
//
//   node scripts/bench/serveLoad.ts [--sessions 200] [--requests 64] [--steps 5] [--backend bubblewrap] [--task battle-of-sexes]
//
// Last line: one JSON object. Exit code 0 only where nothing failed and nothing was left.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { z } from "zod";
import { startDouble } from "./startDouble.ts";

const { values } = parseArgs({
  options: {
    sessions: { type: "string", default: "200" },
    requests: { type: "string", default: "64" },
    /** Actions of each session. */
    steps: { type: "string", default: "5" },
    backend: { type: "string", default: "bubblewrap" },
    task: { type: "string", default: "battle-of-sexes" },
    /** Rollouts of each request. */
    rollouts: { type: "string", default: "2" },
    /** Requests that are stopped, half of them by a client that goes away. */
    stopped: { type: "string", default: "16" },
  },
});
const sessionCount = Number(values.sessions);
const requestCount = Number(values.requests);
const stepCount = Number(values.steps);
const stoppedCount = Number(values.stopped);
const rolloutCount = Number(values.rollouts);
const ROLLOUT_STEPS = 4;
const STOPPED_ROLLOUTS = 4;
const LATENCY_MS = 200;
const SETTLE_MS_MAX = 60_000;
const BIN = fileURLToPath(new URL("../../bin/nightshift.js", import.meta.url));

const faults: string[] = [];
const fault = (text: string) => void faults.push(text);

/** Milliseconds of a piece of work, and what it gave. */
async function timed<T>(into: number[], work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await work();
  into.push(performance.now() - from);
  return result;
}

function spread(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1) };
}

async function startServer(): Promise<{ child: ChildProcess; url: string }> {
  const words = ["serve", "--task", values.task, "--port", "0", "--idle", "600"];
  const counts = ["--sessions", values.sessions, "--requests", values.requests];
  const settings = [
    `sandbox.backend=${values.backend}`,
    "sandbox.unsafe=true",
    `concurrency.rollouts=${requestCount}`,
    "concurrency.evaluations=2",
    "limits.actionSeconds=300",
  ].flatMap((setting) => ["--set", setting]);
  const child = spawn(process.execPath, [BIN, ...words, ...counts, ...settings], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^listening (\S+)/.exec(line)?.[1];
    if (url !== undefined) return { child, url };
  }
  throw new Error("the server ended before it listened");
}

/** Processes below the server's: it starts none but those of its sandboxes. */
async function sandboxProcesses(server: number): Promise<number> {
  const parents = new Map<string, string>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const [, state = "Z", parent = ""] = /\) (\S) (\d+)/.exec(stat) ?? [];
    if (state !== "Z") parents.set(pid, parent);
  }
  const isOf = (pid: string): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === String(server) || isOf(parent));
  };
  return [...parents.keys()].filter(isOf).length;
}

/** How long it takes until nothing of the server's sandboxes is left. */
async function untilClean(server: number, what: string): Promise<number> {
  const from = performance.now();
  for (;;) {
    const left = await sandboxProcesses(server);
    const ms = Math.round(performance.now() - from);
    if (left === 0) return ms;
    if (ms > SETTLE_MS_MAX) {
      fault(`${what}: ${left} sandbox processes are left after ${ms} ms`);
      return ms;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const messageSchema = z.object({ type: z.string(), data: z.looseObject({ code: z.string().optional() }) });

class Client {
  readonly #socket: WebSocket;
  readonly #waiting: ((message: z.infer<typeof messageSchema>) => void)[] = [];
  readonly #arrived: z.infer<typeof messageSchema>[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      const message = messageSchema.parse(JSON.parse(data.toString()));
      const first = this.#waiting.shift();
      if (first === undefined) this.#arrived.push(message);
      else first(message);
    });
    socket.on("error", (error) => fault(`a connection broke: ${error.message}`));
  }

  static async open(url: string): Promise<Client> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws`);
    const client = new Client(socket);
    await once(socket, "open");
    return client;
  }

  next(): Promise<z.infer<typeof messageSchema>> {
    const first = this.#arrived.shift();
    return first === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(first);
  }

  async ask(message: object): Promise<void> {
    this.send(message);
    const { type, data } = await this.next();
    if (type === "error") fault(`a session was answered ${data.code}: ${JSON.stringify(data)}`);
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    this.#socket.close();
  }

  vanish(): void {
    this.#socket.terminate();
  }
}

async function loadSessions(url: string, server: number) {
  const resets: number[] = [];
  const steps: number[] = [];
  const clients = await Promise.all(Array.from({ length: sessionCount }, () => Client.open(url)));
  const refused = await Client.open(url);
  const { data } = await refused.next();
  if (data.code !== "CAPACITY_REACHED") fault(`one session too many was answered ${JSON.stringify(data)}`);
  await Promise.all(
    clients.map(async (client, seed) => {
      await timed(resets, () => client.ask({ type: "reset", data: { seed } }));
      for (let step = 0; step < stepCount; step++) {
        const command = `echo ${seed} > mine.txt; cat mine.txt`;
        await timed(steps, () => client.ask({ type: "step", data: { command } }));
      }
    }),
  );
  const atOnce = await sandboxProcesses(server);
  // Half of them say goodbye; the others vanish while an action runs.
  for (const [at, client] of clients.entries()) {
    if (at % 2 === 0) client.close();
    else {
      client.send({ type: "step", data: { command: "sleep 250" } });
      setTimeout(() => client.vanish(), 500);
    }
  }
  const goneMs = await untilClean(server, "sessions");
  return {
    sessions: sessionCount,
    sandboxProcessesAtOnce: atOnce,
    oneTooMany: data.code,
    reset: spread(resets),
    step: spread(steps),
    goneMs,
  };
}

const lineSchema = z.looseObject({ kind: z.string(), outcome: z.string().optional() });

async function ask(url: string, baseUrl: string, seeds: number, signal?: AbortSignal) {
  const response = await fetch(`${url}/rollouts`, {
    method: "POST",
    body: JSON.stringify({ seeds, endpoint: { baseUrl, model: "policy" }, policyVersion: 1 }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { response, id: response.headers.get("x-rollouts-id") ?? "" };
}

async function loadRollouts(url: string, server: number) {
  await using double = await startDouble({ "latency-ms": LATENCY_MS, steps: ROLLOUT_STEPS, tokens: 1 });
  const times: number[] = [];
  const outcomes: Record<string, number> = {};
  const asked = await Promise.all(
    Array.from({ length: requestCount }, () => ask(url, double.baseUrl, rolloutCount)),
  );
  const refused = await ask(url, double.baseUrl, 1);
  const oneTooMany = { status: refused.response.status, text: await refused.response.text() };
  if (oneTooMany.status !== 503) fault(`one request too many was answered ${JSON.stringify(oneTooMany)}`);
  await Promise.all(
    asked.map(({ response }) =>
      timed(times, async () => {
        if (response.status !== 200)
          return fault(`a request was answered ${response.status}: ${await response.text()}`);
        const lines = (await response.text())
          .trim()
          .split("\n")
          .map((text) => lineSchema.parse(JSON.parse(text)));
        for (const { outcome } of lines.filter(({ kind }) => kind === "rollout")) {
          outcomes[outcome ?? ""] = (outcomes[outcome ?? ""] ?? 0) + 1;
        }
        if (lines.at(-1)?.kind !== "end") fault("a stream has no end");
      }),
    ),
  );
  if (outcomes["submitted"] !== requestCount * rolloutCount)
    fault(`rollouts ended as ${JSON.stringify(outcomes)}`);
  const goneMs = await untilClean(server, "rollouts");
  return { requests: requestCount, oneTooMany: oneTooMany.status, outcomes, whole: spread(times), goneMs };
}

const listSchema = z.object({ rollouts: z.array(z.unknown()) });

async function underWay(url: string): Promise<number> {
  return listSchema.parse(await (await fetch(`${url}/rollouts`)).json()).rollouts.length;
}

/** From the word to stop until no call of the request is out, and the server has said that nothing of it runs. */
async function stopRollouts(url: string, server: number) {
  await using double = await startDouble({ "latency-ms": 600_000, sigma: 0, steps: ROLLOUT_STEPS });
  const inFlight = async () => (await double.stats())["inFlight"] ?? 0;
  const each = Math.min(STOPPED_ROLLOUTS, requestCount);
  const byDelete: number[] = [];
  const byLeaving: number[] = [];
  for (let at = 0; at < stoppedCount; at++) {
    const leaving = new AbortController();
    const { response, id } = await ask(url, double.baseUrl, each, leaving.signal);
    while ((await inFlight()) < each) await new Promise((resolve) => setTimeout(resolve, 20));
    if (at % 2 === 0) {
      await timed(byDelete, async () => void (await fetch(`${url}/rollouts/${id}`, { method: "DELETE" })));
      if ((await inFlight()) > 0) fault("a call was out after its request was stopped");
      await response.text();
    } else {
      // A request leaves the server's list when its rollouts have ended and their sandboxes are gone.
      await timed(byLeaving, async () => {
        leaving.abort();
        while ((await underWay(url)) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      });
      if ((await inFlight()) > 0) fault("a call was out after its client had left");
      const left = await sandboxProcesses(server);
      if (left > 0) fault(`${left} sandbox processes were left after a client had left`);
    }
  }
  return { rolloutsEach: each, byDelete: spread(byDelete), byLeaving: spread(byLeaving) };
}

const { child, url } = await startServer();
const server = child.pid ?? 0;
/** Progress is for whoever watches; the result is the last line. */
const say = (text: string) => console.error(text);
say(`the server listens at ${url}`);
const sessions = await loadSessions(url, server);
say(JSON.stringify(sessions));
const rollouts = await loadRollouts(url, server);
say(JSON.stringify(rollouts));
const stopped = await stopRollouts(url, server);
const result = { backend: values.backend, sessions, rollouts, stopped };
child.kill("SIGTERM");
const [exitCode] = await once(child, "exit");
if (exitCode !== 0) fault(`the server ended with exit code ${exitCode}`);
console.log(JSON.stringify({ ...result, exitCode, faultCount: faults.length, faults: faults.slice(0, 10) }));
process.exit(faults.length === 0 ? 0 : 1);

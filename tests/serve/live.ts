// What the service's tests stand on: a real server in this process on the process backend, clients of its doors, and a count of what
// sandboxes are left.
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { WebSocket } from "ws";
import { z } from "zod";
import { type Served, type ServeOptions, serve } from "../../src/compose/serve.ts";
import { createWorld } from "../../src/compose/world.ts";

export const TASK = "colonel-blotto";

/** Sandboxes keep their scratch here, so that a test sees what is left of them. */
const scratch = path.join(tmpdir(), `nightshift-serve-test-${process.pid}`);

// Each server makes its own world, which listens for a reader that goes away.
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);

const PROCESS = ["sandbox.backend=process", "sandbox.unsafe=true"];

/** A server on a free port of loopback, for one task unless it is told otherwise. */
export async function startServe(options: Partial<ServeOptions> = {}): Promise<Served> {
  await mkdir(scratch, { recursive: true });
  process.env["TMPDIR"] = scratch;
  return serve(await createWorld(), {
    file: null,
    tasks: [TASK],
    host: "127.0.0.1",
    port: 0,
    tokenEnv: null,
    endpoints: [],
    sessionsMax: 4,
    requestsMax: 4,
    sessionIdleSecondsMax: 600,
    reward: "improvement@1",
    ...options,
    settings: [...PROCESS, ...(options.settings ?? [])],
  });
}

/** Processes of sandboxes that live: the supervisors, whose ancestor this process is. With the last of them a sandbox is gone. */
export async function leftovers(): Promise<readonly string[]> {
  const parents = new Map<string, string>();
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const [, state = "", parent = ""] = /\) (\S) (\d+)/.exec(stat) ?? [];
    if (state === "" || state === "Z") continue;
    parents.set(pid, parent);
    const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (/supervisor\.py/.test(words)) found.push(pid);
  }
  const isOurs = (pid: string): boolean =>
    pid === String(process.pid) || (parents.has(pid) && isOurs(parents.get(pid) ?? ""));
  return found.filter(isOurs);
}

/** Waits until something holds; what never does ends with the test's own time. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

export async function removeScratch(): Promise<void> {
  await rm(scratch, { recursive: true, force: true });
}

const answerSchema = z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) });
export type Answer = z.infer<typeof answerSchema>;

export interface Client {
  readonly socket: WebSocket;
  /** Sends a message, or a text as it is, and gives the next answer. */
  ask(message: object | string): Promise<Answer>;
  /** The next answer that nobody asked for. */
  next(): Promise<Answer>;
  /** The code that the connection is closed with. */
  readonly closed: Promise<number>;
}

export function connect(
  url: string,
  options: { headers?: Record<string, string>; address?: string } = {},
): Promise<Client> {
  const socket = new WebSocket(options.address ?? `${url.replace(/^http/, "ws")}/ws`, {
    headers: options.headers ?? {},
  });
  const arrived: Answer[] = [];
  const waiting: ((answer: Answer) => void)[] = [];
  socket.on("message", (data) => {
    const answer = answerSchema.parse(JSON.parse(data.toString()));
    const [first] = waiting.splice(0, 1);
    if (first === undefined) arrived.push(answer);
    else first(answer);
  });
  const next = () =>
    new Promise<Answer>((resolve) => {
      const [first] = arrived.splice(0, 1);
      if (first === undefined) waiting.push(resolve);
      else resolve(first);
    });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () =>
      resolve({
        socket,
        closed,
        next,
        ask(message) {
          socket.send(typeof message === "string" ? message : JSON.stringify(message));
          return next();
        },
      }),
    );
  });
}

const lineSchema = z.looseObject({ kind: z.string() });
export type Line = z.infer<typeof lineSchema>;

export interface Asked {
  readonly status: number;
  readonly id: string | null;
  readonly headers: Headers;
  /** Lines as they come. */
  lines(): AsyncGenerator<Line>;
  /** All lines, to the last. */
  all(): Promise<readonly Line[]>;
  /** The body of a refusal. */
  refusal(): Promise<{ code: string; message: string }>;
}

const refusalSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** `POST /rollouts`. */
export async function askRollouts(url: string, body: object, signal?: AbortSignal): Promise<Asked> {
  const response = await fetch(`${url}/rollouts`, {
    method: "POST",
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  const lines = async function* () {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      rest += decoder.decode(chunk, { stream: true });
      const whole = rest.split("\n");
      rest = whole.pop() ?? "";
      for (const text of whole) yield lineSchema.parse(JSON.parse(text));
    }
  };
  return {
    status: response.status,
    id: response.headers.get("x-rollouts-id"),
    headers: response.headers,
    lines,
    async all() {
      const found: Line[] = [];
      for await (const line of lines()) found.push(line);
      return found;
    },
    refusal: async () => refusalSchema.parse(await response.json()).error,
  };
}

/** Any other request, with its status and JSON. */
export async function ask(url: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(
    `${url}${path}`,
    body === undefined ? { headers } : { method: "POST", body: JSON.stringify(body), headers },
  );
  return { status: response.status, json: z.record(z.string(), z.unknown()).parse(await response.json()) };
}

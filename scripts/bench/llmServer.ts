// An OpenAI-compatible server for load tests, in a process of its own: it answers with a fixed sequence of commands after a
// configurable latency, at as little CPU per request as it can. It is no model and judges nothing.
//
//   node scripts/bench/llmServer.ts --port 0 --latency-ms 800 --sigma 0.5 --steps 12
//
// It prints `listening PORT` once it is ready; GET /stats tells what it has done so far. With --steps-sigma each rollout has a length of
// its own, drawn from the server's seed, the task's text and the seed that the request carries (`sampling.seeded`). With --garbage-after it
// begins to answer without any command once so many rollouts have submitted, until POST /mend. With --tokens 1 its replies bear token ids and
// log-probabilities as vLLM's do: each prompt begins with all that was there before. With --policy-version it names its weights in a header.

import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { z } from "zod";
import { prng } from "../../src/core/prng.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    /** Median latency of a reply. */
    "latency-ms": { type: "string", default: "500" },
    /** Spread of the lognormal latency; 0: every reply takes the median. */
    sigma: { type: "string", default: "0.5" },
    /** Replies of one rollout, the last of them `submit`. */
    steps: { type: "string", default: "12" },
    /** Share of requests that are answered 503 with Retry-After: 1 at once. */
    "busy-share": { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
    /** Spread of the lognormal number of a rollout's replies around the median, `steps`; 0: all have the same. */
    "steps-sigma": { type: "string", default: "0" },
    /** Spread of the median itself from task to task. */
    "tasks-sigma": { type: "string", default: "0" },
    /** Rollouts that submit before all replies turn to garbage; 0: they never do. */
    "garbage-after": { type: "string", default: "0" },
    /** 1: token ids and log-probabilities with each reply. */
    tokens: { type: "string", default: "0" },
    /** Sent as the header x-policy-version; empty: none is. */
    "policy-version": { type: "string", default: "" },
  },
});

const port = numberOf("port", 0, 65_535);
const latencyMs = numberOf("latency-ms", 0, 3_600_000);
const sigma = numberOf("sigma", 0, 5);
const steps = numberOf("steps", 1, 10_000);
const busyShare = numberOf("busy-share", 0, 1);
const seed = numberOf("seed", 0, Number.MAX_SAFE_INTEGER);
const random = prng(seed);
const stepsSigma = numberOf("steps-sigma", 0, 3);
const tasksSigma = numberOf("tasks-sigma", 0, 3);
const garbageAfter = numberOf("garbage-after", 0, 1_000_000);
const tokens = numberOf("tokens", 0, 1) === 1;
const policyVersion = values["policy-version"];
let mended = false;

const REQUEST_BYTES_MAX = 16_777_216;
const ASSISTANT = Buffer.from('"role":"assistant"');

/** Beginning of a rollout, then in turn: each of the latter prints some 2.2 KB, so that prompts grow as real ones do. */
const OPENING = ["ls -la", 'cat "$(ls -p | grep -v / | head -n 1)" | head -c 2000'];
const WORKING = [
  "python3 -c \"for i in range(40): print(f'epoch {i:3d}  loss {1 / (i + 1):.6f}  accuracy {1 - 1 / (i + 2):.6f}  ok')\"",
  "seq -f 'row %03g of the table of results, nothing odd' 1 50",
];

const stats = {
  requests: 0,
  replies: 0,
  busy: 0,
  errors: 0,
  /** Requests whose connection closed before the reply was sent. */
  abandoned: 0,
  inFlight: 0,
  inFlightMost: 0,
  submits: 0,
  garbage: 0,
  requestBytes: 0,
  requestBytesMost: 0,
};

const END_TOKEN = 2;
const chatSchema = z.looseObject({
  messages: z.array(
    z.looseObject({
      role: z.string(),
      content: z
        .string()
        .nullable()
        .transform((text) => text ?? ""),
    }),
  ),
});

const STEPS_MIN = 2;
const STEPS_MOST = 10;

/** Replies by step, made once: a request costs a search through its bytes and a small string. */
const replies = Array.from({ length: steps * STEPS_MOST }, (_, step) => replyText(step));
const SUBMIT = fenced("The result is as good as I can make it. I hand it in.", "submit");
const GARBAGE = JSON.stringify("the the the of of and ,, ;; 0 0 0 ".repeat(8));

const server = createServer((request, response) => {
  if (request.method === "GET" && request.url === "/stats") return send(response, 200, JSON.stringify(stats));
  if (request.method === "POST" && request.url === "/mend") {
    mended = true;
    return send(response, 200, "{}");
  }
  if (request.method === "POST" && request.url === "/v1/chat/completions") {
    answer(request, response).catch((error: unknown) => {
      stats.errors += 1;
      if (!response.headersSent) send(response, 400, JSON.stringify({ error: { message: String(error) } }));
      else response.destroy();
    });
    return;
  }
  stats.errors += 1;
  return send(response, 404, '{"error":{"message":"only /v1/chat/completions and /stats are here"}}');
});
server.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP port was given");
  console.log(`listening ${address.port}`);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  stats.requests += 1;
  stats.inFlight += 1;
  stats.inFlightMost = Math.max(stats.inFlightMost, stats.inFlight);
  response.once("close", () => {
    stats.inFlight -= 1;
    if (!response.writableFinished) stats.abandoned += 1;
  });
  const body = await readBody(request);
  stats.requestBytes += body.length;
  stats.requestBytesMost = Math.max(stats.requestBytesMost, body.length);
  if (busyShare > 0 && random.chance(busyShare)) {
    stats.busy += 1;
    response.setHeader("retry-after", "1");
    return send(response, 503, '{"error":{"message":"busy"}}');
  }
  const step = countAssistants(body);
  const delayMs = latencyMs * Math.exp(sigma * random.normal());
  await new Promise<void>((resolve) => setTimeout(resolve, delayMs));
  if (response.destroyed) return;
  const last = stepsOf(body) - 1;
  const isGarbage = garbageAfter > 0 && !mended && stats.submits >= garbageAfter;
  const text = isGarbage ? GARBAGE : step >= last ? SUBMIT : (replies[step] ?? SUBMIT);
  const promptTokens = Math.ceil(body.length / 4);
  const completionTokens = Math.ceil(text.length / 4);
  if (isGarbage) stats.garbage += 1;
  else if (step >= last) stats.submits += 1;
  stats.replies += 1;
  response.setHeader("x-request-id", `req-${stats.replies}`);
  if (policyVersion !== "") response.setHeader("x-policy-version", policyVersion);
  const ids = tokens ? tokenIds(body, text) : { ofPrompt: "", ofChoice: "" };
  send(
    response,
    200,
    `{"id":"chatcmpl-${stats.replies}","object":"chat.completion","model":"bench"${ids.ofPrompt},"choices":[{"index":0,"message":` +
      `{"role":"assistant","content":${text}},"finish_reason":"stop"${ids.ofChoice}}],"usage":{"prompt_tokens":${promptTokens},` +
      `"completion_tokens":${completionTokens},"total_tokens":${promptTokens + completionTokens}}}`,
  );
}

/** The reply of one step as a JSON string: some words, then one fenced command. */
function replyText(step: number): string {
  const command = OPENING[step] ?? WORKING[step % WORKING.length] ?? "ls";
  return fenced(
    `This is step ${step + 1}. I look at what is there before I change anything, and read the output with care.`,
    command,
  );
}

function fenced(words: string, command: string): string {
  return JSON.stringify(`${words}\n\n\`\`\`\n${command}\n\`\`\``);
}

/** Members with token ids: a message is a token of its role, one for each four characters, and an end; a reply is what follows its role's. */
function tokenIds(body: Buffer, reply: string): { ofPrompt: string; ofChoice: string } {
  const { messages } = chatSchema.parse(JSON.parse(body.toString()));
  const prompt = messages.flatMap(({ role, content }) => [
    roleToken(role),
    ...textTokens(content),
    END_TOKEN,
  ]);
  const completion = [...textTokens(z.string().parse(JSON.parse(reply))), END_TOKEN];
  const logprobs = completion.map((id) => ({ token: "", logprob: -(id % 97) / 100 }));
  return {
    ofPrompt: `,"prompt_token_ids":${JSON.stringify([...prompt, roleToken("assistant")])}`,
    ofChoice: `,"token_ids":${JSON.stringify(completion)},"logprobs":${JSON.stringify({ content: logprobs })}`,
  };
}

function textTokens(text: string): readonly number[] {
  const pieces = text.match(/[\s\S]{1,4}/g) ?? [];
  return pieces.map(
    (piece) => [...piece].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 50_000, 7) + 100,
  );
}

function roleToken(role: string): number {
  return 10 + ["system", "user", "assistant", "tool"].indexOf(role);
}

/** How many replies the rollout of this request has in all: the same at each of its requests. */
function stepsOf(body: Buffer): number {
  if (stepsSigma === 0 && tasksSigma === 0) return steps;
  const text = body.toString("latin1");
  const task = /"role":"user","content":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? "";
  const rollout = /"seed":(\d+)/.exec(text)?.[1] ?? "";
  const ofTask = tasksSigma * prng(numberFrom(`${seed} ${task}`)).normal();
  const ofRollout = stepsSigma * prng(numberFrom(`${seed} ${task} ${rollout}`)).normal();
  const drawn = Math.round(steps * Math.exp(ofTask + ofRollout));
  return Math.min(steps * STEPS_MOST, Math.max(STEPS_MIN, drawn));
}

function numberFrom(text: string): number {
  return createHash("sha256").update(text).digest().readUIntBE(0, 6);
}

/** The step of a rollout is the number of replies in its history. Our own client writes no white space into bodies. */
function countAssistants(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(ASSISTANT); at >= 0; at = body.indexOf(ASSISTANT, at + ASSISTANT.length))
    count += 1;
  return count;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > REQUEST_BYTES_MAX) throw new Error(`a request is larger than ${REQUEST_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

function numberOf(name: keyof typeof values, min: number, max: number): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  console.error(`--${name} ${values[name]}: give a number from ${min} to ${max}`);
  process.exit(2);
}

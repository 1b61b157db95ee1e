// Rollouts for trainers against the LLM double: judged samples token by token, policy versions, bounds, and stops that leave nothing.
import { connect as connectTcp } from "node:net";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Double, startDouble } from "../../scripts/bench/startDouble.ts";
import { ask, askRollouts, type Line, leftovers, removeScratch, startServe, TASK, until } from "./live.ts";

const sampleSchema = z.looseObject({
  kind: z.literal("rollout"),
  task: z.string(),
  seed: z.number(),
  rollout_key: z.string(),
  group_id: z.string(),
  outcome: z.string(),
  train: z.boolean(),
  reward: z.number().nullable(),
  evaluation: z.looseObject({ kind: z.string(), mean: z.number().nullable() }),
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })),
  steps: z.array(
    z.looseObject({
      completion_token_ids: z.array(z.number()).nullable(),
      logprobs: z.array(z.number()).nullable(),
      policy_version: z.string().nullable(),
      policy_version_last: z.string().nullable(),
      policy_version_source: z.string().nullable(),
      train: z.boolean(),
    }),
  ),
  sequences: z.array(
    z.looseObject({
      prompt_ids: z.array(z.number()),
      completion_ids: z.array(z.number()),
      completion_mask: z.array(z.number()),
      logprobs: z.array(z.number()).nullable(),
    }),
  ),
  billed: z.looseObject({ tries: z.number(), calls: z.number(), unanswered_calls: z.number() }),
});
const samplesOf = (lines: readonly Line[]) =>
  lines.filter(({ kind }) => kind === "rollout").map((line) => sampleSchema.parse(line));
const endOf = (lines: readonly Line[]) => lines.at(-1) ?? { kind: "nothing" };

let double: Double;
const policy = (more: object = {}) => ({ baseUrl: double.baseUrl, model: "policy", ...more });

afterAll(removeScratch);
afterEach(async () => {
  await double[Symbol.asyncDispose]();
});

describe("rollouts of an endpoint that gives tokens", () => {
  beforeEach(async () => {
    double = await startDouble({ "latency-ms": 5, steps: 4, tokens: 1 });
  });

  it("come as judged samples, each once, with closed books", async () => {
    await using server = await startServe();
    const request = { seeds: 4, groupSize: 2, endpoint: policy(), policyVersion: 7, evaluationSeeds: 2 };
    const asked = await askRollouts(server.url, request);
    expect(asked.status).toBe(200);
    const lines = await asked.all();
    expect(lines[0]).toEqual({ kind: "started", id: asked.id, asked: 4 });
    const samples = samplesOf(lines);
    expect(samples.map(({ seed }) => seed).toSorted()).toEqual([0, 1, 2, 3]);
    expect(new Set(samples.map(({ group_id }) => group_id)).size).toBe(2);
    for (const sample of samples) {
      expect(sample).toMatchObject({ task: TASK, outcome: "submitted", train: true });
      expect(sample.evaluation).toMatchObject({ kind: "scored", mean: expect.any(Number) });
      expect(sample.reward).toEqual(expect.any(Number));
      expect(sample.steps).toHaveLength(4);
      for (const step of sample.steps) {
        expect(step).toMatchObject({
          policy_version: "7",
          policy_version_last: "7",
          policy_version_source: "trainer",
        });
        expect(step.logprobs).toHaveLength(step.completion_token_ids?.length ?? -1);
      }
      expect(sample.billed).toMatchObject({ tries: 1, calls: 4, unanswered_calls: 0 });
    }
    expect(endOf(lines)).toMatchObject({
      kind: "end",
      asked: 4,
      ended: { submitted: 4 },
      not_begun: 0,
      stopped: null,
    });
    await until(async () => (await leftovers()).length === 0);
  });

  it("hold one sequence, in which just what the policy sampled is unmasked", async () => {
    await using server = await startServe();
    const [sample] = samplesOf(await (await askRollouts(server.url, { endpoint: policy() })).all());
    const sampled = sample?.steps.flatMap((step) => step.completion_token_ids ?? []);
    expect(sample?.sequences).toHaveLength(1);
    const [sequence] = sample?.sequences ?? [];
    const unmasked = sequence?.completion_ids.filter((_, at) => sequence.completion_mask[at] === 1);
    expect(unmasked).toEqual(sampled);
    expect(sequence?.completion_mask).toContain(0);
    expect(sequence?.logprobs).toHaveLength(sequence?.completion_ids.length ?? -1);
    const logprobs = sequence?.logprobs?.filter((_, at) => sequence.completion_mask[at] === 1);
    expect(logprobs).toEqual(sample?.steps.flatMap((step) => step.logprobs ?? []));
  });

  it("have the same keys whatever version the weights are of", async () => {
    await using server = await startServe();
    const keys: string[] = [];
    for (const policyVersion of [1, "two"]) {
      const asked = await askRollouts(server.url, { endpoint: policy(), policyVersion });
      keys.push(...samplesOf(await asked.all()).map(({ rollout_key }) => rollout_key));
    }
    expect(new Set(keys).size).toBe(1);
  });
});

describe("policy versions", () => {
  it("change under way when the trainer says so", async () => {
    double = await startDouble({ "latency-ms": 150, sigma: 0, steps: 6 });
    await using server = await startServe();
    const asked = await askRollouts(server.url, { endpoint: policy(), policyVersion: "old" });
    await until(async () => ((await double.stats())["replies"] ?? 0) >= 1);
    const told = await ask(server.url, "/policyVersion", { endpoint: policy(), policyVersion: "new" });
    expect(told).toEqual({ status: 200, json: { policyVersion: "new" } });
    const [sample] = samplesOf(await asked.all());
    const versions = sample?.steps.map((step) => step.policy_version) ?? [];
    expect(versions[0]).toBe("old");
    expect(versions.at(-1)).toBe("new");
    expect(versions).toEqual(versions.toSorted().toReversed());
    // A call in whose midst the weights changed says both.
    for (const step of sample?.steps ?? []) {
      expect([step.policy_version, "new"]).toContain(step.policy_version_last);
    }
  });

  it("are the endpoint's own where it names them", async () => {
    double = await startDouble({ "latency-ms": 1, steps: 2, "policy-version": "w-41" });
    await using server = await startServe();
    const [sample] = samplesOf(
      await (await askRollouts(server.url, { endpoint: policy(), policyVersion: 3 })).all(),
    );
    expect(sample?.steps[0]).toMatchObject({ policy_version: "w-41", policy_version_source: "endpoint" });
  });
});

describe("what is stopped", () => {
  beforeEach(async () => {
    double = await startDouble({ "latency-ms": 60_000, sigma: 0, steps: 3 });
  });
  const begun = () => until(async () => ((await double.stats())["inFlight"] ?? 0) === 3);
  const request = () => ({
    seeds: 5,
    concurrency: 3,
    endpoint: policy({ price: { inputPerMillion: 1, outputPerMillion: 2 } }),
  });

  it("by DELETE ends with a line for each rollout that had begun, and an honest bill", async () => {
    await using server = await startServe();
    const asked = await askRollouts(server.url, request());
    await begun();
    const stopped = await fetch(`${server.url}/rollouts/${asked.id}`, { method: "DELETE" });
    expect(stopped.status).toBe(200);
    expect(await leftovers()).toEqual([]);
    const lines = await asked.all();
    expect(samplesOf(lines)).toHaveLength(3);
    for (const sample of samplesOf(lines)) {
      expect(sample).toMatchObject({ outcome: "cancelled", train: false, reward: null });
      expect(sample.billed).toMatchObject({ tries: 1, calls: 1, unanswered_calls: 1 });
      expect(sample.messages.length).toBeGreaterThan(0);
    }
    const end = endOf(lines);
    expect(end).toMatchObject({
      ended: { cancelled: 3 },
      not_begun: 2,
      stopped: "stopped by a DELETE",
      error: null,
    });
    const billed = z.record(z.string(), z.number()).parse(end["billed"]);
    expect(billed).toMatchObject({ calls: 3, unanswered_calls: 3, completion_tokens: 0, cost_usd: 0 });
    expect(billed["unanswered_cost_usd_max"]).toBeGreaterThan(0);
    expect((await double.stats())["inFlight"]).toBe(0);
    expect((await fetch(`${server.url}/rollouts/${asked.id}`, { method: "DELETE" })).status).toBe(404);
  });

  it("by a client that goes away leaves no call and no sandbox", async () => {
    await using server = await startServe();
    const gone = new AbortController();
    const asked = await askRollouts(server.url, request(), gone.signal);
    expect(asked.status).toBe(200);
    await begun();
    gone.abort();
    await until(async () => (await leftovers()).length === 0);
    await until(async () => ((await double.stats())["inFlight"] ?? 1) === 0);
    expect((await ask(server.url, "/rollouts")).json).toEqual({ rollouts: [] });
  });

  it("by the server's own end closes the streams in order", async () => {
    const server = await startServe();
    const asked = await askRollouts(server.url, request());
    await begun();
    await server[Symbol.asyncDispose]();
    const lines = await asked.all();
    expect(endOf(lines)).toMatchObject({
      kind: "end",
      ended: { cancelled: 3 },
      stopped: "the server is stopping",
    });
    expect(await leftovers()).toEqual([]);
  });

  it("is one request too many, which is told so and takes nobody's place", async () => {
    await using server = await startServe({ requestsMax: 2 });
    const held = [
      await askRollouts(server.url, request()),
      await askRollouts(server.url, { ...request(), seeds: 1 }),
    ];
    const refused = await askRollouts(server.url, request());
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await refused.refusal()).code).toBe("CAPACITY_REACHED");
    for (const { id } of held) await fetch(`${server.url}/rollouts/${id}`, { method: "DELETE" });
    for (const one of held) await one.all();
    const next = await askRollouts(server.url, { ...request(), seeds: 1 });
    expect(next.status).toBe(200);
    await fetch(`${server.url}/rollouts/${next.id}`, { method: "DELETE" });
  });
});

describe("a request", () => {
  beforeEach(async () => {
    double = await startDouble({ "latency-ms": 1, steps: 2 });
  });

  it("is refused before anything is played where it does not fit", async () => {
    await using server = await startServe();
    const refusedFor = async (body: object) => {
      const asked = await askRollouts(server.url, body);
      expect(asked.status).toBe(422);
      return (await asked.refusal()).message;
    };
    expect(await refusedFor({})).toContain("endpoint");
    expect(await refusedFor({ endpoint: policy(), tasks: ["colonel-bloto"] })).toContain(
      "did you mean `colonel-blotto`",
    );
    expect(await refusedFor({ endpoint: policy(), reward: "raw@2" })).toContain("did you mean `raw@1`");
    expect(await refusedFor({ endpoint: policy(), agent: { scaffold: "fencd" } })).toContain("fenced");
    expect(await refusedFor({ endpoint: policy(), agent: { name: "nobody" } })).toContain("researcher");
    expect(await refusedFor({ endpoint: policy(), agent: { prompts: "/etc" } })).toContain(
      "files of the server",
    );
    expect(await refusedFor({ endpoint: policy(), agent: { tools: ["./mine.ts"] } })).toContain(
      "files of the server",
    );
    expect(await refusedFor({ endpoint: policy({ keyEnv: "HOME" }) })).toContain("--endpoint");
    expect(await refusedFor({ endpoint: { ...policy(), baseUrl: "ftp://here" } })).toContain("http");
    expect(await refusedFor({ endpoint: policy(), limits: { steps: 0 } })).toContain("limits.steps");
    expect(await refusedFor({ endpoint: policy(), sedds: 3 })).toContain("sedds");
    expect((await double.stats())["requests"]).toBe(0);
  });

  it("may call only the endpoints that the server was started with, where there are any", async () => {
    await using server = await startServe({ endpoints: [double.baseUrl] });
    expect((await askRollouts(server.url, { endpoint: policy() })).status).toBe(200);
    const other = await askRollouts(server.url, { endpoint: policy({ baseUrl: "http://127.0.0.1:9/v1" }) });
    expect((await other.refusal()).message).toContain(double.baseUrl);
  });

  it("waits for an endpoint that is not there, and is no reward 0 where it is stopped", async () => {
    await using server = await startServe();
    const endpoint = policy({ baseUrl: "http://127.0.0.1:9/v1", timeoutSeconds: 1 });
    const asked = await askRollouts(server.url, { endpoint, retriesMax: 0, limits: { wallSeconds: 30 } });
    await until(async () => (await leftovers()).length > 0);
    await fetch(`${server.url}/rollouts/${asked.id}`, { method: "DELETE" });
    const [sample] = samplesOf(await asked.all());
    expect(sample).toMatchObject({ train: false, reward: null });
  });
});

it("waits for a client that does not read, with no more than its rollouts in hand", async () => {
  double = await startDouble({ "latency-ms": 1, steps: 40, tokens: 1 });
  await using server = await startServe({ settings: ["concurrency.rollouts=4"] });
  const { hostname, port } = new URL(server.url);
  const body = JSON.stringify({ seeds: 200, endpoint: policy(), limits: { steps: 60 } });
  const socket = connectTcp({ host: hostname, port: Number(port) });
  socket.pause();
  socket.write(
    `POST /rollouts HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const playedSoFar = async () => (await double.stats())["submits"] ?? 0;
  let before = -1;
  // It has come to a stand when nothing more is played for a while.
  for (let now = 0; now !== before || now === 0; now = await playedSoFar()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  expect(before).toBeLessThan(200);
  socket.destroy();
  await until(async () => (await leftovers()).length === 0);
}, 120_000);

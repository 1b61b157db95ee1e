// The OpenEnv doors of a running server: episodes over the WebSocket and over plain HTTP, the protocol's errors, and what is left of
// clients that go away.
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ask, connect, leftovers, removeScratch, startServe, TASK, until } from "./live.ts";

const observed = z.object({
  observation: z.looseObject({ text: z.string(), info: z.record(z.string(), z.unknown()) }),
  reward: z.number().nullable(),
  done: z.boolean(),
});

afterAll(removeScratch);

describe("a session", () => {
  it("plays an episode to its end, and another one after it", async () => {
    await using server = await startServe();
    const client = await connect(server.url);
    expect((await client.ask({ type: "step", data: { command: "ls" } })).data["code"]).toBe("SESSION_ERROR");
    const first = observed.parse(
      (await client.ask({ type: "reset", data: { seed: 7, episode_id: "mine" } })).data,
    );
    expect(first.observation.text).toContain("strategy.py");
    expect(first.observation.info["seed"]).toBe(7);
    expect(first).toMatchObject({ reward: null, done: false });
    const shell = { tool: "shell", arguments: { command: "echo $((6 * 7))" } };
    expect(observed.parse((await client.ask({ type: "step", data: shell })).data).observation.text).toBe(
      "42",
    );
    const validated = observed.parse(
      (await client.ask({ type: "step", data: { command: "validate" } })).data,
    );
    expect(validated.reward).toEqual(expect.any(Number));
    expect((await client.ask({ type: "state" })).data).toEqual({
      episode_id: "mine",
      step_count: 2,
      task: TASK,
      seed: 7,
      done: false,
    });
    const last = observed.parse((await client.ask({ type: "step", data: { command: "submit" } })).data);
    expect(last.done).toBe(true);
    expect(last.observation.info["submission"]).toMatch(/^[0-9a-f]{64}$/);
    expect((await client.ask({ type: "step", data: { command: "ls" } })).data["code"]).toBe("SESSION_ERROR");
    const again = observed.parse((await client.ask({ type: "reset" })).data);
    expect(again.observation.info["seed"]).toBe(0);
    client.socket.send(JSON.stringify({ type: "close" }));
    expect(await client.closed).toBe(1000);
    await until(async () => (await leftovers()).length === 0);
  });

  it("has the score of record at its end, where the reset asks for it", async () => {
    await using server = await startServe();
    const client = await connect(server.url);
    await client.ask({ type: "reset", data: { evaluate: 2 } });
    const { data } = await client.ask({ type: "step", data: { command: "submit" } });
    const { evaluation } = observed.parse(data).observation.info;
    expect(evaluation).toMatchObject({ kind: "scored", mean: expect.any(Number), success: false });
    expect(evaluation).toMatchObject({ rewards: { "anchored@1": expect.any(Number) } });
    client.socket.close();
  });

  it("ends at the task's limit of steps, as truncated", async () => {
    await using server = await startServe({ settings: ["limits.steps=2"] });
    const client = await connect(server.url);
    await client.ask({ type: "reset" });
    await client.ask({ type: "step", data: { command: "true" } });
    const last = observed.parse((await client.ask({ type: "step", data: { command: "true" } })).data);
    expect(last.done).toBe(true);
    expect(last.observation["truncated"]).toBe(true);
  });

  it("answers what it cannot carry out with the protocol's codes, and goes on", async () => {
    await using server = await startServe();
    const client = await connect(server.url);
    const codeOf = async (message: object | string) => (await client.ask(message)).data["code"];
    expect(await codeOf("{")).toBe("INVALID_JSON");
    expect(await codeOf("[]")).toBe("VALIDATION_ERROR");
    expect(await codeOf({ type: "dance" })).toBe("UNKNOWN_TYPE");
    expect(await codeOf({ type: "step", data: { action: "ls" } })).toBe("VALIDATION_ERROR");
    expect(await codeOf({ type: "reset", data: { seed: -1 } })).toBe("VALIDATION_ERROR");
    expect(await codeOf({ type: "reset", data: { task: "no-such" } })).toBe("VALIDATION_ERROR");
    const { data } = await client.ask({ type: "reset" });
    expect(observed.parse(data).done).toBe(false);
  });

  it("refuses one more than it has places for, and takes it once a place is free", async () => {
    await using server = await startServe({ sessionsMax: 2 });
    const [one, two] = [await connect(server.url), await connect(server.url)];
    const refused = await connect(server.url);
    expect((await refused.next()).data["code"]).toBe("CAPACITY_REACHED");
    expect(await refused.closed).toBe(1013);
    one.socket.close();
    await one.closed;
    await until(async () => {
      const next = await connect(server.url);
      const { type } = await next.ask({ type: "state" });
      next.socket.close();
      return type === "state";
    });
    expect((await two.ask({ type: "state" })).type).toBe("state");
  });

  it("leaves no sandbox of a client that vanished in the midst of an action", async () => {
    await using server = await startServe();
    const client = await connect(server.url);
    await client.ask({ type: "reset" });
    client.socket.send(JSON.stringify({ type: "step", data: { command: "sleep 600" } }));
    await until(async () => (await leftovers()).length > 0);
    client.socket.terminate();
    await until(async () => (await leftovers()).length === 0);
  });

  it("is closed when nobody uses it", async () => {
    await using server = await startServe({ sessionIdleSecondsMax: 1 });
    const client = await connect(server.url);
    await client.ask({ type: "reset" });
    expect((await client.next()).data["message"]).toContain("1 s");
    expect(await client.closed).toBe(1001);
    await until(async () => (await leftovers()).length === 0);
  });

  it("has its sandbox to itself: 20 at once do not see one another", async () => {
    await using server = await startServe({ sessionsMax: 20 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(server.url)));
    const seen = await Promise.all(
      clients.map(async (client, at) => {
        await client.ask({ type: "reset", data: { seed: at } });
        await client.ask({ type: "step", data: { command: `echo ${at} > mine.txt` } });
        const { data } = await client.ask({ type: "step", data: { command: "cat mine.txt; ls" } });
        return observed.parse(data).observation.text.split("\n");
      }),
    );
    expect(seen.map(([first]) => first)).toEqual(clients.map((_, at) => String(at)));
    for (const client of clients) client.socket.terminate();
    await until(async () => (await leftovers()).length === 0);
  });
});

describe("plain HTTP", () => {
  it("holds an episode under its id", async () => {
    await using server = await startServe();
    const begun = await ask(server.url, "/reset", { seed: 1 });
    const { observation } = observed.parse(begun.json);
    const episode_id = observation.info["episode_id"];
    const stepped = await ask(server.url, "/step", { action: { command: "echo hello" }, episode_id });
    expect(observed.parse(stepped.json).observation.text).toBe("hello");
    expect((await ask(server.url, "/step", { action: { command: "true" } })).status).toBe(200);
    expect((await ask(server.url, `/state?episode_id=${episode_id}`)).json).toMatchObject({
      step_count: 2,
      seed: 1,
    });
    await ask(server.url, "/reset", { episode_id: "second" });
    const unclear = await ask(server.url, "/step", { action: { command: "true" } });
    expect(unclear).toMatchObject({ status: 404, json: { error: { code: "SESSION_ERROR" } } });
    expect((await ask(server.url, "/close", { episode_id })).status).toBe(200);
    expect((await ask(server.url, "/close", { episode_id: "second" })).status).toBe(200);
    expect(await leftovers()).toEqual([]);
  });

  it("says what it is and how it is spoken to", async () => {
    await using server = await startServe();
    expect((await ask(server.url, "/health")).json).toEqual({ status: "healthy" });
    const { json } = await ask(server.url, "/schema");
    expect(Object.keys(json)).toEqual(["action", "observation", "state"]);
    expect((await ask(server.url, "/metadata")).json).toMatchObject({ name: "nightshift", author: null });
    expect((await ask(server.url, "/tasks")).json).toMatchObject({ tasks: [{ id: TASK }] });
    expect((await ask(server.url, "/nothing")).status).toBe(404);
  });

  it("refuses a body without an end and an action that takes too long", async () => {
    await using server = await startServe();
    const large = await ask(server.url, "/reset", { episode_id: "x".repeat(5_000_000) });
    expect(large).toMatchObject({ status: 413, json: { error: { code: "TOO_LARGE" } } });
    await ask(server.url, "/reset", {});
    const never = await ask(server.url, "/step", { action: { command: "true" }, timeout_s: 1e12 });
    expect(never).toMatchObject({ status: 422, json: { error: { code: "VALIDATION_ERROR" } } });
    const late = await ask(server.url, "/step", { action: { command: "sleep 60" }, timeout_s: 0.2001 });
    expect(late.status).toBe(504);
    expect(late.json).toMatchObject({ error: { code: "TIMEOUT" } });
  });
});

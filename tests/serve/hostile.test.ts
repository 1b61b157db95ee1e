// What a client might send that no client should: the server answers or hangs up, keeps nothing of it, and goes on.
import { connect as connectTcp } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { ask, askRollouts, connect, leftovers, removeScratch, startServe, until } from "./live.ts";

afterAll(removeScratch);

/** Sends bytes on a bare connection, and gives what comes back until it is closed. */
function rawAnswer(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = "";
    const socket = connectTcp({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    socket.on("data", (data) => {
      text += data.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
  });
}

const isAlive = async (url: string) => (await ask(url, "/health")).status === 200;

describe("by WebSocket", () => {
  it("a message too large ends the session, and its sandbox", async () => {
    await using server = await startServe();
    const client = await connect(server.url);
    await client.ask({ type: "reset" });
    client.socket.send(JSON.stringify({ type: "step", data: { command: "x".repeat(5_000_000) } }));
    expect(await client.closed).toBe(1009);
    await until(async () => (await leftovers()).length === 0);
    expect(await isAlive(server.url)).toBe(true);
  });

  it("a flood of requests is answered, each once, and most of it with no", async () => {
    await using server = await startServe();
    const client = await connect(server.url);
    await client.ask({ type: "reset" });
    const count = 60;
    for (let at = 0; at < count; at++) {
      client.socket.send(JSON.stringify({ type: "step", data: { command: `echo ${at}` } }));
    }
    const answers = await Promise.all(Array.from({ length: count }, () => client.next()));
    const refused = answers.filter(({ data }) => data["code"] === "SESSION_ERROR");
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ type }) => type === "observation")).toHaveLength(count - refused.length);
    expect((await client.ask({ type: "step", data: { command: "echo still here" } })).type).toBe(
      "observation",
    );
    client.socket.terminate();
  });

  it("what is no text, no object or no action is refused by its code", async () => {
    await using server = await startServe();
    const client = await connect(server.url);
    client.socket.send(Buffer.from([1, 2, 3]));
    expect((await client.next()).data["code"]).toBe("INVALID_JSON");
    for (const text of ["null", "7", '"reset"', "[".repeat(100_000), "{}", '{"type":7}']) {
      expect((await client.ask(text)).type).toBe("error");
    }
    await client.ask({ type: "reset" });
    for (const data of [
      null,
      7,
      [],
      { command: 7 },
      { tool: "open", arguments: [] },
      { __proto__: { command: "ls" } },
    ]) {
      expect((await client.ask({ type: "step", data })).data["code"]).toBe("VALIDATION_ERROR");
    }
    for (const data of [{ command: "\0" }, { tool: "__proto__" }, { tool: "constructor", arguments: {} }]) {
      expect((await client.ask({ type: "step", data })).type).toBe("observation");
    }
    client.socket.terminate();
  });

  it("is at one path only, and only by its own handshake", async () => {
    await using server = await startServe();
    const address = `${server.url.replace("http", "ws")}/other`;
    await expect(connect(server.url, { address })).rejects.toThrow("404");
    const host = new URL(server.url).host;
    const upgrade = `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect(await rawAnswer(server.url, upgrade)).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(await isAlive(server.url)).toBe(true);
  });
});

describe("by HTTP", () => {
  it("what is no HTTP, or has too many headers, is hung up on", async () => {
    await using server = await startServe();
    const { host } = new URL(server.url);
    expect(await rawAnswer(server.url, "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    const headers = `GET /health HTTP/1.1\r\nHost: ${host}\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`;
    expect(await rawAnswer(server.url, headers)).toMatch(/^HTTP\/1\.1 431 /);
    const twice = `GET /health HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`;
    expect(await rawAnswer(server.url, twice)).not.toMatch(/healthy.*healthy/s);
    expect(await isAlive(server.url)).toBe(true);
  });

  it("a path or a method that is none is not found", async () => {
    await using server = await startServe();
    const { host } = new URL(server.url);
    for (const line of [
      "GET /../../etc/passwd",
      "GET //evil.example/schema",
      "POST /health",
      "PUT /rollouts",
      "DELETE /rollouts/x%2fy",
    ]) {
      const answer = await rawAnswer(
        server.url,
        `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    }
    expect((await ask(server.url, "/constructor")).status).toBe(404);
  });

  it("a request for rollouts that is malformed plays nothing and takes no place", async () => {
    await using server = await startServe({ requestsMax: 1 });
    const scripted = { wire: "scripted" };
    const bad: readonly object[] = [
      { endpoint: scripted, seeds: [] },
      { endpoint: scripted, seeds: [1e9] },
      { endpoint: scripted, seeds: 1e9 },
      { endpoint: scripted, tasks: [] },
      { endpoint: scripted, tasks: ["../../etc"] },
      { endpoint: scripted, tasks: ["colonel-blotto", "colonel-blotto"] },
      { endpoint: scripted, agent: { name: "x", scaffold: "fenced", history: { kind: "nothing" } } },
      { endpoint: scripted, agent: { demonstrations: ["/etc/passwd"] } },
      { endpoint: scripted, agent: { tools: ["literature_search"] } },
      { endpoint: { wire: "scripted", thinkMs: -1 } },
      { endpoint: { baseUrl: "http://127.0.0.1:1/v1", baseUrls: ["http://127.0.0.1:2/v1"], model: "x" } },
      { endpoint: { baseUrl: "http://u:p@127.0.0.1:1/v1", model: "x" } },
      { endpoint: { baseUrl: "http://127.0.0.1:1/v1", model: "x", extraBody: { messages: [] } } },
      { endpoint: { baseUrl: "http://127.0.0.1:1/v1", model: "x" }, limits: { costUsd: 1 } },
    ];
    for (const body of bad) {
      const { status, refusal } = await askRollouts(server.url, body);
      expect(status, JSON.stringify(body)).toBe(422);
      expect((await refusal()).message).not.toMatch(/cells\.|\[object|undefined/);
    }
    const good = await askRollouts(server.url, { endpoint: scripted, limits: { steps: 2 } });
    expect((await good.all()).at(-1)).toMatchObject({ kind: "end", asked: 1, not_begun: 0 });
  });
});

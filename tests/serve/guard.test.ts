// Who may talk to the service: tokens, hosts and origins, through the door.
import { request as httpRequest } from "node:http";
import { afterAll, describe, expect, it } from "vitest";
import { guard, isLoopback } from "../../src/serve/guard.ts";
import { Refusal } from "../../src/serve/refusal.ts";
import { connect, removeScratch, startServe } from "./live.ts";

const TOKEN = "a-token-of-some-length";
afterAll(removeScratch);

/** The status of a GET with these very headers: `fetch` would not send a Host of ours. */
function statusOf(url: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${url}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("a server on loopback", () => {
  it("answers loopback names only, so that no name of another's points a browser here", async () => {
    await using server = await startServe();
    const { port } = new URL(server.url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "[::1]", "LOCALHOST"]) {
      expect(await statusOf(server.url, "/schema", { host })).toBe(200);
    }
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "10.0.0.1",
      "localhost.evil.example",
    ]) {
      expect(await statusOf(server.url, "/schema", { host })).toBe(403);
    }
  });

  it("refuses pages of other origins, by HTTP and by WebSocket", async () => {
    await using server = await startServe();
    const { host } = new URL(server.url);
    expect(await statusOf(server.url, "/schema", { origin: "http://evil.example" })).toBe(403);
    expect(await statusOf(server.url, "/schema", { origin: "null" })).toBe(403);
    expect(await statusOf(server.url, "/schema", { origin: `http://${host}` })).toBe(200);
    await expect(connect(server.url, { headers: { origin: "http://evil.example" } })).rejects.toThrow("403");
    await expect(connect(server.url, { headers: { host: "evil.example" } })).rejects.toThrow("403");
  });
});

describe("a server with a token", () => {
  it("lets nobody in without it, however it is brought", async () => {
    process.env["NIGHTSHIFT_TEST_TOKEN"] = TOKEN;
    await using server = await startServe({ tokenEnv: "NIGHTSHIFT_TEST_TOKEN" });
    expect(server.madeToken).toBe(null);
    const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    for (const authorization of ["", `Bearer ${TOKEN}x`, `Bearer`, TOKEN, basic(TOKEN), basic(`${TOKEN}:`)]) {
      expect(await statusOf(server.url, "/schema", { authorization })).toBe(401);
    }
    for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, basic(`any:${TOKEN}`)]) {
      expect(await statusOf(server.url, "/schema", { authorization, host: "a.name.of.ours" })).toBe(200);
    }
    expect(await statusOf(server.url, "/health", {})).toBe(200);
    await expect(connect(server.url)).rejects.toThrow("401");
    const address = `${server.url.replace("http://", `ws://any:${TOKEN}@`)}/ws`;
    const client = await connect(server.url, { address });
    expect((await client.ask({ type: "state" })).type).toBe("state");
    client.socket.close();
  });

  it("makes one of its own beyond loopback, and calls no endpoint that it was not given", async () => {
    await using server = await startServe({ host: "0.0.0.0" });
    const url = server.url.replace("0.0.0.0", "127.0.0.1");
    expect(server.madeToken).toMatch(/^[\w-]{43}$/);
    expect(await statusOf(url, "/schema", {})).toBe(401);
    const response = await fetch(`${url}/rollouts`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.madeToken}` },
      body: JSON.stringify({ endpoint: { baseUrl: "http://169.254.169.254/v1", model: "policy" } }),
    });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain("may not call");
  });

  it("is refused where it can be guessed or is not there", async () => {
    process.env["NIGHTSHIFT_TEST_TOKEN"] = "short";
    await expect(startServe({ tokenEnv: "NIGHTSHIFT_TEST_TOKEN" })).rejects.toThrow("at least 16");
    await expect(startServe({ tokenEnv: "NIGHTSHIFT_NO_SUCH_VARIABLE" })).rejects.toThrow("at least 16");
  });
});

it("knows loopback by name and by address", () => {
  for (const host of ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
    expect(isLoopback(host)).toBe(true);
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "localhost.example", ""]) {
    expect(isLoopback(host)).toBe(false);
  }
  expect(() => guard(null)({})).toThrow(Refusal);
});

// Notices reach a real program and a real loopback server; nothing that happens to them reaches the run.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Notice, NotifyConfig } from "../../src/notify/notice.ts";
import { notifySchema } from "../../src/notify/notice.ts";
import { notify, TRIES_MAX } from "../../src/notify/notify.ts";
import { runNotifier } from "../../src/notify/runNotifier.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-notify-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const notice: Notice = {
  run: "r",
  directory: "/runs/r",
  status: "paused",
  reason: "half of it failed",
  books: { admitted: 1, kept: 1, dropped: {}, failed: {}, owed: 0 },
  spent: { usd: 1.5, tokens: 10 },
};
const ENV: Readonly<Record<string, string>> = { PATH: process.env["PATH"] ?? "", MY_KEY: "secret-of-mine" };

async function send(config: NotifyConfig, env: Readonly<Record<string, string>> = ENV) {
  const warnings: object[] = [];
  const waits: number[] = [];
  const taken = await notify(config, notice, {
    clock: {
      now: () => 0,
      monotonic: () => 0,
      sleep: async (ms) => {
        waits.push(ms);
      },
    },
    log: { info: () => {}, warn: (event, fields) => warnings.push({ event, ...fields }) },
    env: (name) => env[name],
  });
  return { taken, warnings, waits };
}

async function server(answer: (call: number) => number) {
  const bodies: unknown[] = [];
  const http = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on("end", () => {
      bodies.push(JSON.parse(text));
      response.writeHead(answer(bodies.length)).end("ok");
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/hook?token=hush-hush-hush`,
    bodies,
    close: () => new Promise((resolve) => http.close(resolve)),
  };
}

describe("a notice", () => {
  it("is read by a program on its standard input, which sees no variable that it was not given", async () => {
    const file = path.join(folder, "told");
    const config = notifySchema.parse({ command: ["sh", "-c", `cat > ${file}; env >> ${file}`] });
    expect(await send(config)).toMatchObject({ taken: true, warnings: [] });
    const told = await readFile(file, "utf8");
    expect(JSON.parse(told.split("\n")[0] ?? "")).toEqual(notice);
    expect(told).not.toContain("secret-of-mine");
    await send(notifySchema.parse({ command: ["sh", "-c", `env > ${file}`], env: ["MY_KEY"] }));
    expect(await readFile(file, "utf8")).toContain("MY_KEY=secret-of-mine");
  });

  it("is tried again a counted number of times, and then given up with a warning", async () => {
    const count = path.join(folder, "count");
    await writeFile(count, "");
    const config = notifySchema.parse({
      command: ["sh", "-c", `echo x >> ${count}; echo no mail >&2; exit 7`],
    });
    const { taken, warnings, waits } = await send(config);
    expect(taken).toBe(false);
    expect((await readFile(count, "utf8")).trim().split("\n")).toHaveLength(TRIES_MAX);
    expect(waits).toEqual([1000, 2000]);
    expect(warnings).toMatchObject([{ event: "notice-not-delivered", error: "sh ended with 7: no mail" }]);
  });

  it("survives a program that is missing, one that does not read, and one that hangs", async () => {
    expect(await send(notifySchema.parse({ command: ["/no/such/program"] }))).toMatchObject({ taken: false });
    expect(await send(notifySchema.parse({ command: ["true"] }))).toMatchObject({ taken: true });
    await expect(runNotifier(["sh", "-c", "sleep 60 & sleep 60"], "{}", ENV, 200)).rejects.toThrow(
      /took longer than 200 ms/,
    );
  });

  it("is posted to a webhook as JSON, again after an error", async () => {
    const hook = await server((call) => (call === 1 ? 503 : 204));
    const config = notifySchema.parse({ webhook: hook.url });
    expect(await send(config)).toMatchObject({ taken: true, waits: [1000] });
    expect(hook.bodies).toEqual([notice, notice]);
    const named = await send(notifySchema.parse({ webhookEnv: "HOOK" }), { HOOK: hook.url });
    expect(named.taken).toBe(true);
    await hook.close();
    const { taken, warnings } = await send(config);
    expect(taken).toBe(false);
    expect(JSON.stringify(warnings)).not.toContain("hush");
  });

  it("is configured in one of three ways", () => {
    expect(notifySchema.safeParse({ webhook: "ftp://x" }).success).toBe(false);
    expect(notifySchema.safeParse({ command: [] }).success).toBe(false);
    expect(notifySchema.safeParse({}).success).toBe(false);
  });
});

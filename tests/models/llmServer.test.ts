// The load-test server as an agent meets it: a rollout of commands in the fenced form, `submit` at its end, and true counts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { parseFenced } from "../../src/agent/forms/fenced.ts";
import type { Message } from "../../src/core/message.ts";
import { openaiChat } from "../../src/models/openaiChat.ts";
import { simpleRequest } from "../contracts/model.ts";
import { memoryLog, realClock } from "./fakeWorld.ts";

const script = fileURLToPath(new URL("../../scripts/bench/llmServer.ts", import.meta.url));

it("leads a rollout through its steps and counts what it did", async () => {
  const child = spawn(process.execPath, [script, "--latency-ms", "1", "--steps", "11"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = await once(child.stdout, "data");
    const port = /^listening (\d+)\n$/.exec(String(line))?.[1];
    const model = openaiChat({
      id: "bench",
      modelName: "bench",
      baseUrl: `http://127.0.0.1:${port}/v1`,
      endpointName: "bench",
      apiKey: null,
      extraBody: {},
      timeoutMs: 20_000,
      connectionsMax: 1,
      thinkTags: false,
      clock: realClock,
      log: memoryLog(),
    });
    const messages: Message[] = [...simpleRequest("Begin.").messages];
    const commands: string[] = [];
    while (commands.at(-1) !== "submit" && commands.length < 20) {
      const reply = await model.complete(simpleRequest("", { messages }), new AbortController().signal);
      const fenced = parseFenced(reply);
      if (fenced.kind !== "command") throw new Error(fenced.error);
      commands.push(fenced.command);
      expect(reply.usage.input).toBeGreaterThan(0);
      messages.push({ role: "assistant", content: reply.text, reasoning: [], toolCalls: [] });
      messages.push({ role: "user", content: "x".repeat(2200) });
    }
    expect(commands).toHaveLength(11);
    expect(commands[0]).toBe("ls -la");
    const stats: unknown = await (await fetch(`http://127.0.0.1:${port}/stats`)).json();
    expect(stats).toMatchObject({
      requests: 11,
      replies: 11,
      errors: 0,
      abandoned: 0,
      inFlightMost: 1,
      submits: 1,
    });
    expect(JSON.parse(JSON.stringify(stats)).requestBytesMost).toBeGreaterThan(20_480);
  } finally {
    child.kill();
  }
});

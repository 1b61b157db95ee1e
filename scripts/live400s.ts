// Proves with real time that a reply whose headers come after 400 s of silence arrives through our wire: Node's own fetch gives up
// after 300 s. Takes as long as it says; `--seconds 5` for a quick look.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openaiChat } from "../src/models/openaiChat.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "400" } } });
const silenceMs = Number(values.seconds) * 1000;
if (!(silenceMs > 0)) throw new Error(`--seconds ${values.seconds}: give a number above 0`);

const server = createServer((request, response) => {
  request.resume();
  request.on("end", async () => {
    await sleep(silenceMs);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({
        model: "slow",
        choices: [
          { index: 0, message: { role: "assistant", content: "worth the wait" }, finish_reason: "stop" },
        ],
        usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
      }),
    );
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
if (address === null || typeof address === "string") throw new Error("no TCP port was given");

const model = openaiChat({
  id: "slow",
  modelName: "slow",
  baseUrl: `http://127.0.0.1:${address.port}/v1`,
  endpointName: "loopback",
  apiKey: null,
  extraBody: {},
  timeoutMs: silenceMs + 60_000,
  connectionsMax: 1,
  thinkTags: false,
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    },
  },
  log: { info: () => {}, warn: (event) => console.warn(event) },
});
console.log(`asking; the server stays silent for ${silenceMs / 1000} s`);
const startedAt = performance.now();
const reply = await model.complete(
  {
    callId: "live/0/0",
    stickyKey: "live",
    messages: [{ role: "user", content: "take your time" }],
    tools: [],
    sampling: {},
    seed: 0,
  },
  new AbortController().signal,
);
const elapsedSeconds = (performance.now() - startedAt) / 1000;
server.close();
if (reply.text !== "worth the wait" || elapsedSeconds * 1000 < silenceMs) {
  console.error(`failed: "${reply.text}" after ${elapsedSeconds.toFixed(1)} s`);
  process.exit(1);
}
console.log(`${elapsedSeconds.toFixed(1)} s until the reply: ok`);

// What taking secrets out costs: a text of 20 KB as an observation is, by how many secrets are known; and what looking for unknown ones does.
import { randomBytes } from "node:crypto";
import { redactor } from "../../src/core/redact.ts";
import { suspectedSecrets } from "../../src/core/secretShapes.ts";

const TEXT_CHARS = 20_480;
const ROUNDS = 2_000;

let text = "";
for (let line = 0; text.length < TEXT_CHARS; line++) {
  text += `epoch ${line} loss=${Math.sin(line)} token key: ${randomBytes(12).toString("hex")} def train(model):\n`;
}

for (const count of [1, 10, 50]) {
  const secrets = Array.from({ length: count }, (_, index) => ({
    name: `KEY_${index}`,
    value: `${["sk-", "ghp_", "hf_", "AKIA"][index % 4]}${randomBytes(24).toString("base64")}`,
  }));
  measure(`redact, ${count} secrets`, redactor(secrets));
}
measure("suspect", suspectedSecrets);

function measure(what: string, work: (text: string) => unknown): void {
  for (let round = 0; round < ROUNDS / 4; round++) work(text);
  const took = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    work(text);
    return (performance.now() - startedAt) * 1000;
  }).sort((a, b) => a - b);
  const at = (share: number) => (took[Math.floor(ROUNDS * share)] ?? 0).toFixed(0);
  console.log(`${what}: median ${at(0.5)} µs, p99 ${at(0.99)} µs for ${text.length} characters`);
}

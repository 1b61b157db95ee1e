// Plays two rollouts a task with a real model: NIGHTSHIFT_LIVE_BASE_URL, NIGHTSHIFT_LIVE_MODEL, and NIGHTSHIFT_LIVE_KEY where the server wants
// one. In Docker where a daemon with the task image answers; else in plain processes, said aloud. It spends real tokens: opt in.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const {
  NIGHTSHIFT_LIVE_BASE_URL: baseUrl,
  NIGHTSHIFT_LIVE_MODEL: model,
  NIGHTSHIFT_LIVE_KEY: key,
} = process.env;
if (!baseUrl || !model) {
  console.error(
    "set NIGHTSHIFT_LIVE_BASE_URL (ending before /chat/completions) and NIGHTSHIFT_LIVE_MODEL to play with a real model",
  );
  process.exit(2);
}
const hasDocker = await promisify(execFile)("docker", ["image", "inspect", "nightshift/python:latest"]).then(
  () => true,
  () => false,
);
if (!hasDocker)
  console.error(
    "no Docker daemon with the image nightshift/python answers: playing in plain processes of this machine",
  );

const folder = await mkdtemp(path.join(tmpdir(), "nightshift-live-"));
const file = path.join(folder, "live.yaml");
const keyEnv = key ? "NIGHTSHIFT_LIVE_KEY" : null;
await writeFile(
  file,
  JSON.stringify({
    name: "live",
    cells: {
      tasks: ["3-sat", "prisoners-dilemma", "battle-of-sexes", "colonel-blotto"],
      models: [{ name: "live", wire: "openai", model, baseUrls: [baseUrl], keyEnv }],
      sampling: [{ maxTokens: 4096 }],
    },
    rollouts: { perCell: 2 },
    limits: { steps: 20, wallSeconds: 1800 },
    sandbox: hasDocker ? { backend: "docker" } : { backend: "process", unsafe: true },
    concurrency: { rollouts: 4, evaluations: 2 },
    stages: { filter: { outcomes: ["submitted", "limit", "forfeit"] }, export: ["sft_branches"] },
    allow: ["benchmark"],
  }),
);
const out = path.resolve(process.argv[2] ?? path.join(folder, "run"));
const child = spawn(process.execPath, [path.join(ROOT, "bin/nightshift.js"), "run", file, "--out", out], {
  cwd: ROOT,
  stdio: "inherit",
});
child.on("exit", async (code) => {
  if (process.argv[2] === undefined) await rm(folder, { recursive: true, force: true });
  process.exit(code ?? 1);
});

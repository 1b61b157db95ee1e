// Canary keys in every place where a key can be, servers that repeat them, and an agent that looks for them and is helped: they are found
// nowhere in what a run leaves, prints or shows to others.
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nightshift } from "../cli/nightshift.ts";
import { canariesBelow, canariesIn, homeWith, makeCanaries, watchArguments } from "./canaries.ts";
import { type EchoServer, startEchoServer } from "./echoServer.ts";

const PLACES = ["env", "token", "hub", "proxy", "webhook", "docker", "hubFile", "npmrc", "netrc"] as const;
const canaries = makeCanaries(PLACES);
const of = (place: (typeof PLACES)[number]) => canaries[place] ?? "";

const fenced = (command: string) => `Let us see.\n\n\`\`\`\n${command}\n\`\`\``;
/** Looks wherever keys lie: environments, arguments, memory and files of all processes that can be seen, homes, sockets. */
const LOOK = [
  "env; set; cat /proc/*/environ /proc/*/cmdline 2>&1 | tr '\\0' '\\n' | head -c 20000",
  "cat /root/.docker/config.json /root/.npmrc /root/.netrc /home/*/.npmrc ~/.cache/huggingface/token 2>&1",
  "grep -rIl cnry- / --exclude-dir=proc --exclude-dir=sys 2>/dev/null | head",
  "grep -rI cnry- /run /tmp /dev/shm /etc /work 2>/dev/null | head -c 4000; ls -la /proc/1/fd /run 2>&1",
].join("\n");
/**
 * What a sandbox would print that had got hold of the key. The agent's server tells it both halves, so that the whole key stands in no
 * prompt: it is put together where it runs, and comes back as observations.
 */
const tell = (key: string) => {
  const half = Math.floor(key.length / 2);
  return [
    `A='${key.slice(0, half)}'; B='${key.slice(half)}'; K="$A$B"`,
    `echo "plain $K"; echo "err $K" >&2; echo -n "$K" | base64; echo -n "user:$K" | base64 -w0; echo`,
    `echo -n "$K" | od -An -tx1 | tr -d ' \\n'; echo; printf 'colour %s\\033[31m%s\\033[0m\\n' "$A" "$B"`,
    `export K; python3 -c "import json,os,urllib.parse as u; k=os.environ['K']; print(json.dumps({'k':k}), u.quote(k,safe=''))"`,
    `python3 -c "import os; raise ValueError('bad key '+os.environ['K'])"`,
    `head -c 40000 /dev/zero | tr '\\0' x; echo "$K"; head -c 40000 /dev/zero | tr '\\0' y; echo "$K"`,
    `mkdir -p "dir-$A$B" && cd . ; ls; cp strategy.py keep.py; echo "# $K" >> strategy.py; cat strategy.py | tail -1`,
  ].join("\n");
};
const TURNS = [
  () => fenced(LOOK),
  (key: string) =>
    `The key is ${key}.\n${fenced(`echo ${key}; echo ${Buffer.from(key).toString("base64")}`)}`,
  (key: string) => fenced(tell(key)),
  () => fenced("validate"),
  // A submission that puts the key together where it is judged, and breaks with it.
  (key: string) =>
    fenced(`cat > strategy.py <<'END'\nraise ValueError("${key.slice(0, 9)}" + "${key.slice(9)}")\nEND`),
  () => fenced("validate"),
  () => fenced("cp keep.py strategy.py; rm -rf dir-*; validate"),
  () => fenced("validate"),
  () => fenced("submit"),
];

let cwd = "";
let server: EchoServer;
let env: Readonly<Record<string, string>> = {};
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-canary-"));
  server = await startEchoServer(TURNS);
  env = {
    HOME: await homeWith(path.join(cwd, "home"), canaries),
    MODEL_ACCESS: of("env"),
    SOME_SERVICE_TOKEN: of("token"),
    HF_TOKEN: of("hub"),
    HTTPS_PROXY: `http://me:${encodeURIComponent(of("proxy"))}@127.0.0.1:9`,
    NOTICES: `${server.origin}/hook/${of("webhook")}`,
  };
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

const pipeline = (name: string, backend: string, paths: readonly string[]) => `name: ${name}
cells:
  tasks: [battle-of-sexes]
  models:
${paths.map((one, index) => `    - { name: m${index}, wire: openai, model: echo, revision: "${index}", baseUrls: ["${server.origin}${one}/v1"], keyEnv: MODEL_ACCESS, reasoningField: reasoning_content }`).join("\n")}
rollouts: { perCell: 1 }
limits: { steps: 12, actionSeconds: 30, observationBytes: 8192 }
budgets: { tokens: 1000000 }
sandbox: { backend: ${backend}, unsafe: true }
notify: { webhookEnv: NOTICES }
stages: { evaluate: { seeds: 1 }, filter: { outcomes: [submitted] }, export: [sft_branches, sft_text_chat] }
allow: [benchmark]
`;

async function play(backend: string) {
  await writeFile(path.join(cwd, `${backend}.yaml`), pipeline(backend, backend, ["", "/reject"]));
  const stop = watchArguments(canaries);
  const run = await nightshift(["run", `${backend}.yaml`, "--out", `output/${backend}`], { cwd, env });
  const argumentsHeld = stop();
  const folder = path.join(cwd, "output", backend);
  const ran = [run];
  // Readers of the same records on each backend: once is enough.
  for (const words of backend === "process" ? readersOf(folder, backend) : []) {
    ran.push(await nightshift(words, { cwd, env }));
  }
  const printed = ran.map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join("\n");
  return { run, folder, argumentsHeld, printed };
}

const readersOf = (folder: string, backend: string) => [
  ["status", folder, "--json"],
  ["export", folder, "--recipe", "sft_text_chat", "--allow", "benchmark"],
  ["evaluate", folder],
  ["memory", "merge", folder, "--into", path.join(folder, "notes.json")],
  ["bench", "--run", folder],
  ["doctor", `${backend}.yaml`],
];

describe("canary keys", { timeout: 240_000 }, () => {
  it.each(["process", "bubblewrap", "docker"])(
    "are nowhere in what a run on %s leaves and prints",
    async (backend) => {
      if (
        backend === "docker" &&
        spawnSync("docker", ["image", "inspect", "nightshift/python:latest"]).status !== 0
      ) {
        console.warn("SKIPPED: no Docker daemon with the image nightshift/python answers");
        return;
      }
      const { run, folder, argumentsHeld, printed } = await play(backend);
      expect(run.stderr + run.stdout).toContain("MODEL_ACCESS");
      // The key was used, and the agent played to its end with the words it was to say.
      expect(server.keys).toEqual(new Set([of("env")]));
      const { found, files, records, rows } = await canariesBelow(canaries, folder);
      expect(files).toBeGreaterThan(10);
      expect(records).toBe(2);
      expect(rows).toBeGreaterThan(10);
      expect(found).toEqual([]);
      expect(canariesIn(canaries, printed, "what was printed")).toEqual([]);
      expect(argumentsHeld).toEqual([]);
      // A snapshot is gone when its rollout has ended: that none was kept with the key in it, the log says.
      expect(run.stderr).toContain("the workspace holds the value of MODEL_ACCESS, which is kept nowhere");
      expect(server.notices.length).toBeGreaterThan(0);
      expect(canariesIn(canaries, server.notices.join("\n"), "the notices")).toEqual([]);
      expect(await readFile(path.join(folder, "ledger.jsonl"), "utf8")).toContain("[redacted:MODEL_ACCESS]");
    },
  );

  it("are nowhere in a run that pauses since its key is refused", async () => {
    await writeFile(path.join(cwd, "refused.yaml"), pipeline("refused", "process", ["/refuse"]));
    const run = await nightshift(["run", "refused.yaml", "--out", "output/refused"], { cwd, env });
    const status = await nightshift(["status", "output/refused"], { cwd, env });
    expect(run.stderr).toContain("answered 401 ([redacted:MODEL_ACCESS]");
    const printed = [run, status].map(({ stdout, stderr }) => `${stdout}\n${stderr}`).join("\n");
    expect(canariesIn(canaries, printed, "what was printed")).toEqual([]);
    expect((await canariesBelow(canaries, path.join(cwd, "output/refused"))).found).toEqual([]);
  });
});

// `nightshift serve` as its user has it: what it refuses before it listens, and one life of it from a pipeline file to SIGTERM.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { startDouble } from "../../scripts/bench/startDouble.ts";
import { REPOSITORY } from "./nightshift.ts";
import { type BadCase, refuses } from "./refuses.ts";

let folder = "";
const busy = createServer();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-cli-serve-"));
  await mkdir(path.join(folder, "empty"));
  await writeFile(path.join(folder, "empty", "note.txt"), "nothing\n");
  await new Promise<void>((resolve) => busy.listen(48_733, "127.0.0.1", resolve));
});
afterAll(async () => {
  busy.close();
  await rm(folder, { recursive: true, force: true });
});

const TASK = ["--task", "colonel-blotto"];
const UNSAFE = ["--set", "sandbox.backend=process", "--set", "sandbox.unsafe=true"];
const CASES: readonly BadCase[] = [
  { what: "nothing to serve", args: [], says: /nothing to serve.*--task/ },
  {
    what: "a task that is not there",
    args: ["--task", "colonel-bloto"],
    says: /did you mean `colonel-blotto`/,
  },
  { what: "a port that is none", args: [...TASK, "--port", "70000"], says: /--port 70000.*0 to 65535/ },
  { what: "no sessions at all", args: [...TASK, "--sessions", "0"], says: /--sessions 0.*1 to/ },
  {
    what: "a step reward that is not there",
    args: [...TASK, "--reward", "raw@1"],
    says: /--reward raw@1.*improvement@1/,
  },
  {
    what: "an endpoint that is no address",
    args: [...TASK, "--endpoint", "trainer:8001"],
    says: /--endpoint trainer:8001/,
  },
  {
    what: "an address with a password",
    args: [...TASK, "--endpoint", "http://user:sk-verysecret@host/v1"],
    says: /--endpoint/,
    secret: "sk-verysecret",
  },
  {
    what: "an endpoint with the key itself",
    args: [...TASK, "--endpoint", "https://api.example/v1=sk-verysecret"],
    says: /--endpoint https:\/\/api\.example\/v1=….*never the key/,
    secret: "verysecret",
  },
  {
    what: "a token's variable that is empty",
    args: [...TASK, "--token-env", "NO_SUCH_TOKEN"],
    says: /at least 16/,
  },
  {
    what: "a backend that does not hold who plays",
    args: [...TASK, "--set", "sandbox.backend=process"],
    says: /sandbox\.unsafe: true/,
  },
  {
    what: "a setting that is not there",
    args: [...TASK, "--set", "limits.stepz=3"],
    says: /limits\.stepz.*`steps`/,
  },
  {
    what: "a port that is taken",
    args: [...TASK, ...UNSAFE, "--port", "48733"],
    says: /127\.0\.0\.1:48733.*another program listens there/,
  },
];

describe("serve", () => {
  refuses(
    CASES.map(({ args, ...rest }) => ({ ...rest, args: ["serve", ...args] })),
    () => ({ cwd: path.join(folder, "empty") }),
  );
});

const lineSchema = z.looseObject({ kind: z.string(), outcome: z.string().optional() });

it("serves a pipeline file's tasks and agents, and ends in good order", async () => {
  await using double = await startDouble({ "latency-ms": 1, steps: 2 });
  const home = path.join(folder, "home");
  const scratch = path.join(folder, "scratch");
  for (const made of [home, scratch]) await mkdir(made);
  await writeFile(
    path.join(home, "mine.yaml"),
    `name: mine
cells:
  tasks: [colonel-blotto]
  agents:
    - { name: first, scaffold: native }
    - { name: second, scaffold: fenced }
  models: [{ name: any, wire: scripted }]
rollouts: { perCell: 1 }
sandbox: { backend: process, unsafe: true }
stages: {}
`,
  );
  const bin = path.join(REPOSITORY, "bin/nightshift.js");
  const server = spawn(process.execPath, [bin, "serve", "mine.yaml", "--port", "0"], {
    cwd: home,
    env: { ...process.env, TMPDIR: scratch },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  createInterface({ input: server.stderr }).on("line", (line) => said.push(line));
  const exited = once(server, "exit");
  let url = "";
  for await (const line of createInterface({ input: server.stdout })) {
    url = /^listening (http:\/\/127\.0\.0\.1:\d+)$/.exec(line)?.[1] ?? "";
    break;
  }
  const endpoint = { baseUrl: double.baseUrl, model: "policy" };
  const ask = async (body: object) => {
    const response = await fetch(`${url}/rollouts`, { method: "POST", body: JSON.stringify(body) });
    return (await response.text())
      .trim()
      .split("\n")
      .map((text) => lineSchema.parse(JSON.parse(text)));
  };
  // The double answers in the fenced form, so only the agent of that form comes to its end.
  const lines = await ask({ endpoint, agent: { name: "second" } });
  expect(lines.find(({ kind }) => kind === "rollout")?.outcome).toBe("submitted");
  const other = await ask({ endpoint, agent: { name: "first" } });
  expect(other.find(({ kind }) => kind === "rollout")?.outcome).toBe("limit:format");
  const begun = await fetch(`${url}/reset`, { method: "POST", body: "{}" });
  expect(begun.status).toBe(200);
  expect((await readdir(scratch)).length).toBeGreaterThan(0);
  server.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
  expect(said.at(-1)).toContain("stopping");
  expect((await readdir(scratch)).filter((name) => !/exclusive|compile-cache/.test(name))).toEqual([]);
});

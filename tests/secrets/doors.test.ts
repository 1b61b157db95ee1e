// Canary keys at the other doors: pipelines that hold them are refused, crashes do not print them, scripts of tasks do not see them, and
// the service tells nobody.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nightshift, REPOSITORY } from "../cli/nightshift.ts";
import { canariesBelow, canariesIn, makeCanaries, watchArguments } from "./canaries.ts";
import { startEchoServer } from "./echoServer.ts";

const canaries = makeCanaries(["key", "token", "webhook", "index"]);
const { key = "", token = "", webhook = "", index = "" } = canaries;
let cwd = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-doors-"));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const pipeline = (model: string, more: string) => `name: doors
cells:
  tasks: [battle-of-sexes]
  models: [{ name: m, wire: openai, model: echo, baseUrls: ["http://127.0.0.1:9/v1"], ${model} }]
rollouts: { perCell: 1 }
budgets: { tokens: 1000 }
sandbox: { backend: process, unsafe: true }
stages: {}
${more}
`;

describe("a pipeline that holds a secret", { timeout: 60_000 }, () => {
  it.each([
    ["in extraBody, by its name", 'extraBody: { auth: { api_key: "KEY" } }', "", /extraBody\.auth\.api_key/],
    ["in a webhook", "", 'notify: { webhook: "http://127.0.0.1:9/hook/WEBHOOK" }', /webhookEnv/],
    ["in a webhook's password", "", 'notify: { webhook: "http://me:WEBHOOK@127.0.0.1:9/" }', /webhookEnv/],
    ["that the environment holds too, in a comment", "", "# KEY", /line 9 holds the value of SOME_TOKEN/],
    [
      "of a known form, as an argument",
      "",
      "notify: { command: [post, hf_qBzDkFgHiRkLmNoPqWsTuVwXyZ0246873] }",
      /huggingface/,
    ],
  ])("%s is refused, and nothing is written or repeated", async (_, model, more, words) => {
    const text = pipeline(model, more)
      .replaceAll("KEY", key)
      .replaceAll("WEBHOOK", encodeURIComponent(webhook));
    await writeFile(path.join(cwd, "bad.yaml"), text);
    const env = { MY_ACCESS: key, SOME_TOKEN: key };
    const { exitCode, stdout, stderr } = await nightshift(["run", "bad.yaml", "--out", "output/bad"], {
      cwd,
      env,
    });
    expect(stderr).toMatch(words);
    expect(exitCode).toBe(2);
    expect(canariesIn(canaries, stdout + stderr, "what was printed")).toEqual([]);
    expect(existsSync(path.join(cwd, "output"))).toBe(false);
  });
});

describe("a crash", { timeout: 60_000 }, () => {
  it.each(["throw new Error", "Promise.reject"])(
    "by %s prints one sentence without the key, and leaves no report with it",
    async (how) => {
      const folder = await mkdtemp(path.join(cwd, "crash-"));
      const bomb = path.join(folder, "bomb.mjs");
      const made = "new TypeError('no ' + process.env.API_KEY)";
      const going = how.startsWith("throw") ? `throw ${made}` : `void Promise.reject(${made})`;
      // As soon as the command line stands.
      await writeFile(
        bomb,
        `const timer = setInterval(() => { if (process.listenerCount("uncaughtException") === 0) return; clearInterval(timer); ${going}; }, 20);`,
      );
      const options = `--import ${bomb} --report-on-fatalerror --report-uncaught-exception --report-directory=${folder}`;
      const { exitCode, stdout, stderr } = await nightshift(
        ["serve", "--task", "battle-of-sexes", "--port", "0"],
        {
          cwd: folder,
          env: { API_KEY: key, NODE_OPTIONS: options },
        },
      );
      expect(stderr).toContain("nightshift broke: no [redacted:API_KEY]");
      expect(exitCode).toBe(1);
      expect(canariesIn(canaries, stdout + stderr, "what was printed")).toEqual([]);
      expect((await canariesBelow(canaries, folder)).found).toEqual([]);
    },
  );
});

describe("scripts that come with a task", { timeout: 60_000 }, () => {
  const TELL =
    "import json, os\nopen(os.path.join(FOLDER, 'seen.json'), 'w').write(json.dumps(dict(os.environ)))\n";

  it("prepare data without a key in their environment", async () => {
    const tasks = path.join(cwd, "prepare", "tasks");
    await mkdir(tasks, { recursive: true });
    const id = "spoken-digits-none";
    await cp(path.join(REPOSITORY, "tasks/battle-of-sexes"), path.join(tasks, id), { recursive: true });
    await writeFile(
      path.join(tasks, id, "data.yaml"),
      "licence: CC0-1.0\ndescription: nothing\nsources: [{ kind: url, url: 'http://127.0.0.1:PORT/x', path: x, bytesMax: 10 }]\nbytes: 1\n",
    );
    await writeFile(
      path.join(tasks, id, "prepare.py"),
      `import sys\nFOLDER = sys.argv[2] + '/public'\n${TELL}open(sys.argv[2] + '/hidden/x', 'w').write('x')\n`,
    );
    await using server = await startEchoServer([() => "x"]);
    const data = path.join(tasks, id, "data.yaml");
    const text = (await readFile(data, "utf8"))
      .replace("http://127.0.0.1:PORT", server.origin)
      .replace("10 }", "9999 }");
    await writeFile(data, text);
    const cache = path.join(cwd, "prepare", "cache");
    const env = {
      NIGHTSHIFT_CACHE: cache,
      XDG_CACHE_HOME: cache,
      API_KEY: key,
      MY_TOKEN: token,
      PIP_INDEX_URL: `http://u:${index}@127.0.0.1:9/`,
    };
    const { exitCode, stderr } = await nightshift(["data", "prepare", id, "--record"], {
      cwd: path.join(cwd, "prepare"),
      env,
    });
    expect(exitCode, stderr).toBe(0);
    const seen = (await readdir(cache, { recursive: true })).find((name) => name.endsWith("seen.json"));
    const told: unknown = JSON.parse(await readFile(path.join(cache, seen ?? ""), "utf8"));
    expect(Object.keys(Object(told)).sort()).toEqual(expect.arrayContaining(["HOME", "PATH", "TMPDIR"]));
    expect((await canariesBelow(canaries, cache)).found).toEqual([]);
  });

  it("generate instances without a key in their environment", async () => {
    const folder = path.join(cwd, "family");
    const family = path.join(folder, "tasks", "dilemma-games");
    await mkdir(path.dirname(family), { recursive: true });
    await cp(path.join(REPOSITORY, "tasks/dilemma-games"), family, { recursive: true });
    const script = path.join(family, "generate.py");
    const seen = path.join(folder, "seen");
    await mkdir(seen);
    await writeFile(script, `FOLDER = ${JSON.stringify(seen)}\n${TELL}\n${await readFile(script, "utf8")}`);
    const env = {
      NIGHTSHIFT_CACHE: path.join(folder, "cache"),
      XDG_CACHE_HOME: path.join(folder, "cache"),
      API_KEY: key,
      MY_TOKEN: token,
    };
    const { stdout, stderr } = await nightshift(["tasks", "show", "dilemma-games/3"], { cwd: folder, env });
    const told = path.join(seen, "seen.json");
    // A generator may write its own folder alone: where that is enforced it could not even say what it sees.
    if (existsSync(told))
      expect(canariesIn(canaries, await readFile(told, "utf8"), "its environment")).toEqual([]);
    else expect(stdout + stderr).toMatch(/dilemma-games/);
    expect(canariesIn(canaries, stdout + stderr, "what was printed")).toEqual([]);
  });
});

describe("the service", { timeout: 120_000 }, () => {
  it("tells no client a key or its token, whatever a model's server says", async () => {
    await using server = await startEchoServer([
      (sent) => `I have ${sent}\n\n\`\`\`\necho ${sent}\n\`\`\``,
      () => "```\nsubmit\n```",
    ]);
    const stop = watchArguments(canaries);
    const args = ["serve", "--task", "battle-of-sexes", "--port", "0", "--token-env", "SERVE_ACCESS"];
    const set = ["--set", "sandbox.backend=process", "--set", "sandbox.unsafe=true"];
    const endpoints = ["/v1", "/refuse/v1"].flatMap((one) => [
      "--endpoint",
      `${server.origin}${one}=MODEL_ACCESS`,
    ]);
    const child = spawn(
      process.execPath,
      [path.join(REPOSITORY, "bin/nightshift.js"), ...args, ...set, ...endpoints],
      {
        cwd,
        env: { ...process.env, SERVE_ACCESS: token, MODEL_ACCESS: key },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let printed = "";
    child.stderr.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
    let url = "";
    for await (const line of createInterface({ input: child.stdout })) {
      printed += line;
      url = /^listening (http:\/\/\S+)$/.exec(line)?.[1] ?? "";
      if (url !== "") break;
    }
    expect(url, printed).not.toBe("");
    const ask = async (to: string, bearer: string) => {
      const response = await fetch(`${url}/rollouts`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${bearer}` },
        body: JSON.stringify({
          endpoint: { baseUrl: `${server.origin}${to}`, model: "echo", keyEnv: "MODEL_ACCESS" },
          tasks: ["battle-of-sexes"],
          seeds: [0],
        }),
      });
      return `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`;
    };
    const answers = [
      await ask("/v1", token),
      await ask("/refuse/v1", token),
      await ask("/v1", `${token}x`),
      await ask(`/${key}`, token),
    ];
    child.kill();
    await once(child, "exit");
    expect(server.keys).toEqual(new Set([key]));
    expect(answers[0]).toContain("[redacted:MODEL_ACCESS]");
    expect(answers[2]).toMatch(/^401 /);
    // What a client sends itself may come back to it; nothing else may.
    expect(canariesIn(canaries, answers.slice(0, 3).join("\n"), "the answers")).toEqual([]);
    expect(canariesIn(canaries, printed, "what was printed")).toEqual([]);
    expect(stop()).toEqual([]);
  });
});

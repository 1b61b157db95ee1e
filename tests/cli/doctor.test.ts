// `doctor` and `gc` as a user runs them: what they find is true, what they say is missing stops a run, and nothing that lives is removed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { dockerBackend } from "../../src/sandbox/docker/docker.ts";
import { readLedger } from "../../src/store/ledger.ts";
import { createRun, openRun } from "../../src/store/runDirectory.ts";
import { clock, memoryBlobs, never, silentLog, spec } from "../sandbox/ground.ts";
import { nightshift } from "./nightshift.ts";

const reportSchema = z.strictObject({
  canRun: z.boolean(),
  machine: z.array(checkSchema()),
  pipeline: z.array(checkSchema()),
});
function checkSchema() {
  return z.strictObject({
    name: z.string(),
    status: z.enum(["ok", "warn", "missing"]),
    detail: z.string().min(1),
    remedy: z.string().min(1).nullable(),
  });
}

const SECRET = "sk-very-secret-0123456789";
let cwd = "";
const servers: Server[] = [];
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-doctor-"));
});
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(cwd, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/v1`;
}

function pipelineText(models: string, more = ""): string {
  return `name: d
cells:
  tasks: [battle-of-sexes]
  models: [${models}]
rollouts: { perCell: 2 }
sandbox: { backend: process, unsafe: true }
stages: {}
${more}`;
}

async function doctor(text: string | null, env: Record<string, string> = {}) {
  const args = ["doctor", "--json"];
  if (text !== null) {
    await writeFile(path.join(cwd, "p.yaml"), text);
    args.splice(1, 0, "p.yaml");
  }
  const printed = await nightshift(args, { cwd, env });
  const report = reportSchema.parse(JSON.parse(printed.stdout));
  const of = (name: RegExp) =>
    [...report.machine, ...report.pipeline].filter((check) => name.test(check.name));
  return { ...printed, report, of };
}

describe("doctor", { timeout: 120_000 }, () => {
  it("says of each part of the machine how it stands, with a remedy wherever something is amiss", async () => {
    const { exitCode, report, of, stderr } = await doctor(null);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(report.machine.map(({ name }) => name)).toEqual([
      "node",
      "python",
      "processors",
      "memory",
      "disk of output/",
      "disk of temporary files",
      "open files",
      "processes",
      "cgroups",
      "bubblewrap",
      "image trees",
      "process",
      "docker",
      "podman",
      "gpus",
    ]);
    for (const { status, remedy } of report.machine) expect(remedy === null).toBe(status === "ok");
    expect(of(/^node$/)[0]?.detail).toContain(process.version);
    const limits = await readFile("/proc/self/limits", "utf8");
    expect(of(/^open files$/)[0]?.detail).toBe(/Max open files\s+(\d+)/.exec(limits)?.[1]);
  });

  it("finds what is not there: a Python, a daemon", async () => {
    const { report, of, exitCode } = await doctor(null, {
      NIGHTSHIFT_PYTHON: "/no/such/python",
      NIGHTSHIFT_DOCKER_SOCKET: "/no/such/docker.sock",
      NIGHTSHIFT_PODMAN_SOCKET: "/no/such/podman.sock",
    });
    for (const name of ["python", "bubblewrap", "process", "docker", "podman"]) {
      expect(of(new RegExp(`^${name}$`))[0], name).toMatchObject({ status: "missing" });
    }
    expect(of(/^docker$/)[0]?.remedy).toMatch(/NIGHTSHIFT_DOCKER_SOCKET/);
    expect({ exitCode, canRun: report.canRun }).toEqual({ exitCode: 1, canRun: false });
  });

  it("passes a pipeline that can run, and asks its endpoint one free question with its key", async () => {
    const asked: string[] = [];
    const baseUrl = await serve((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.setHeader("content-type", "application/json").end('{"data":[{"id":"teacher-1"}]}');
    });
    const model = `{ name: t, wire: openai, model: teacher-1, baseUrls: ["${baseUrl}"], keyEnv: DOCTOR_KEY, price: { inputPerMillion: 1, outputPerMillion: 2 } }`;
    const text = pipelineText(model, "budgets: { usd: 5 }\n");
    const { exitCode, report, of, stdout, stderr } = await doctor(text, { DOCTOR_KEY: SECRET });
    expect(report.pipeline.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(exitCode).toBe(0);
    expect(asked).toEqual([`GET /v1/models Bearer ${SECRET}`]);
    expect(of(/endpoint/)[0]?.detail).toBe("serves teacher-1");
    expect(of(/^plan$/)[0]?.detail).toBe("1 cells, at most 2 rollouts");
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it("names every need at once: key, price, endpoint, model, task", async () => {
    const refusing = await serve((_, response) => response.writeHead(401).end(`no ${SECRET}`));
    const other = await serve((_, response) => response.end('{"data":[{"id":"another"}]}'));
    const silent = await serve(() => {});
    const moved = await serve((_, response) =>
      response.writeHead(302, { location: `${other}/models` }).end(),
    );
    const model = (name: string, baseUrl: string, more = "") =>
      `{ name: ${name}, wire: openai, model: m-${name}, baseUrls: ["${baseUrl}"]${more} }`;
    const models = [
      model("a", refusing, ", keyEnv: DOCTOR_NO_KEY"),
      model("b", other),
      model("c", "http://127.0.0.1:9/v1"),
      model("d", silent),
      model("e", moved),
    ];
    const text = pipelineText(models.join(", "), "budgets: { usd: 5 }\n");
    const { exitCode, of, stdout } = await doctor(text);
    expect(exitCode).toBe(1);
    expect(of(/a: key/)[0]).toMatchObject({ status: "missing", detail: "DOCTOR_NO_KEY is not set" });
    expect(of(/price/).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => "missing"));
    expect(of(/endpoint/).map(({ status, detail }) => [status, detail.replace(/^\S+ /, "")])).toEqual([
      ["missing", "refuses us (401)"],
      ["warn", "does not list m-b"],
      ["missing", expect.stringContaining("fetch failed")],
      ["missing", "no answer in 5000 ms"],
      ["warn", "answers 302"],
    ]);
    expect(of(/model b: endpoint/)[0]?.remedy).toContain('"another"');
    expect(stdout).not.toContain(SECRET);
    const noTask = await doctor(pipelineText("{ name: s, wire: scripted }").replace("of-sexes", "of-wits"));
    expect(noTask.exitCode).toBe(1);
    expect(noTask.of(/^task battle-of-wits/)[0]).toMatchObject({ status: "missing" });
  });

  it("finds a missing image and a sandbox that lets a real model at this machine", async () => {
    const baseUrl = await serve((_, response) => response.end('{"data":[{"id":"m"}]}'));
    const model = `{ name: t, wire: openai, model: m, baseUrls: ["${baseUrl}"] }`;
    const open = await doctor(pipelineText(model).replace(", unsafe: true", ""));
    expect(open.exitCode).toBe(1);
    expect(open.of(/^image python/).at(-1)).toMatchObject({
      status: "missing",
      detail: expect.stringContaining("does not keep a real model"),
    });
    const away = pipelineText("{ name: s, wire: scripted }").replace(
      "backend: process",
      "backend: docker, docker: { host: 127.0.0.1, port: 9 }",
    );
    const gone = await doctor(away);
    expect(gone.exitCode).toBe(1);
    expect(gone.of(/^sandbox docker/)[0]).toMatchObject({
      status: "missing",
      detail: expect.stringMatching(/no Docker daemon answers at 127\.0\.0\.1:9/),
    });
  });

  it("reads as text, and refuses a broken file as every command does", async () => {
    await writeFile(path.join(cwd, "ok.yaml"), pipelineText("{ name: s, wire: scripted }"));
    const printed = await nightshift(["doctor", "ok.yaml"], { cwd });
    expect(printed.exitCode).toBe(0);
    expect(printed.stdout).toMatch(/^ok {6}node: v\d/);
    expect(printed.stdout).toMatch(/\npipeline ok\.yaml\nok {6}task battle-of-sexes: .*\(image python\)\n/);
    expect(printed.stdout).toMatch(/\nthe pipeline d can run\n$/);
    await writeFile(path.join(cwd, "bad.yaml"), "name: [");
    expect(await nightshift(["doctor", "bad.yaml"], { cwd })).toMatchObject({ exitCode: 2, stdout: "" });
  });
});

describe("auto", { timeout: 120_000 }, () => {
  it("is bubblewrap where that works, else processes with the reason, and changes no rollout's key", async () => {
    const text = pipelineText("{ name: s, wire: scripted }")
      .replace("backend: process, unsafe: true", "backend: auto")
      .replace("rollouts: { perCell: 2 }", "rollouts: { perCell: 1 }");
    await writeFile(path.join(cwd, "auto.yaml"), text);
    const keys: string[][] = [];
    const play = async (out: string, env: Record<string, string>) => {
      const printed = await nightshift(["run", "auto.yaml", "--out", out], { cwd, env });
      expect(printed.exitCode, printed.stderr).toBe(0);
      const { events } = await readLedger(path.join(cwd, out, "ledger.jsonl"));
      keys.push(events.flatMap((event) => (event.kind === "rollout-admitted" ? [event.key] : [])));
      return printed.stdout.split("\n").filter((line) => line.startsWith("sandbox "));
    };
    const { of } = await doctor(null);
    const first = await play("auto-first", {});
    const expected = of(/^bubblewrap$/)[0]?.status === "missing" ? "process" : "bubblewrap";
    expect(first).toEqual([expect.stringMatching(`^sandbox ${expected}: bounded `)]);
    const second = await play("auto-second", { NIGHTSHIFT_BWRAP: "/no/such/bwrap" });
    expect(second).toEqual([
      expect.stringMatching(/^sandbox process: .*; because bubblewrap sandboxes do not work here: /),
    ]);
    expect(keys[0]).toHaveLength(1);
    expect(keys[1]).toEqual(keys[0]);
  });
});

describe("gc", { timeout: 120_000 }, () => {
  const NOWHERE = {
    NIGHTSHIFT_DOCKER_SOCKET: "/no/docker.sock",
    NIGHTSHIFT_PODMAN_SOCKET: "/no/podman.sock",
  };

  it("removes scratch folders of processes that are gone and of no others, and only says so in a dry run", async () => {
    const temporary = await mkdtemp(path.join(tmpdir(), "nightshift-gc-"));
    const dead = path.join(temporary, "ns-dead");
    const mine = path.join(temporary, "ns-mine");
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const start = (await readFile(`/proc/${process.pid}/stat`, "utf8")).split(") ").pop()?.split(" ")[19];
    for (const [folder, owner] of [
      [dead, `${boot}:999999999:1`],
      [mine, `${boot}:${process.pid}:${start}`],
    ] as const) {
      await mkdir(folder);
      await writeFile(path.join(folder, "owner"), owner);
    }
    const env = { ...NOWHERE, TMPDIR: temporary };
    const dry = await nightshift(["gc", "--dry-run"], { cwd, env });
    expect(dry).toMatchObject({ exitCode: 0, stderr: "" });
    expect(dry.stdout).toBe(
      `this machine: 1 would be removed\n  scratch folder ${dead}\ndocker: does not answer, not looked at\npodman: does not answer, not looked at\n`,
    );
    expect([existsSync(dead), existsSync(mine)]).toEqual([true, true]);
    expect((await nightshift(["gc"], { cwd, env })).stdout).toContain("this machine: 1 removed\n");
    expect([existsSync(dead), existsSync(mine)]).toEqual([false, true]);
    await rm(temporary, { recursive: true });
  });

  it("leaves a run alone that a process plays", async () => {
    const directory = path.join(cwd, "living");
    const resolved = { pipeline: {}, tasks: {}, cells: [] };
    await createRun(directory, {
      runId: "living",
      createdAt: new Date(0).toISOString(),
      codeVersion: "0",
      pipelineText: "",
      resolved,
    });
    const open = await openRun(directory);
    const refused = await nightshift(["gc", "--run", "living"], { cwd, env: NOWHERE });
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toContain(`is being played by process ${process.pid}`);
    await open.close();
  });

  it("removes a killed run's containers and spares a living process's, also past their expiry", async () => {
    const socketPath = "/var/run/docker.sock";
    const docker = new Docker({ socketPath });
    const socketRoot = await mkdtemp("/tmp/nsg");
    const backend = dockerBackend({
      name: "local",
      connection: { socketPath },
      blobs: memoryBlobs(),
      clock,
      log: silentLog(),
      socketRoot,
    });
    const image = await backend.checkImage("python").then(
      () => true,
      () => false,
    );
    if (!image) {
      console.warn("SKIPPED: gc of containers: no Docker daemon with the image nightshift/python answers");
      return;
    }
    const make = async (labels: Record<string, string>) =>
      (
        await docker.createContainer({
          Image: "nightshift/python:latest",
          Cmd: ["sleep", "60"],
          Labels: { "nightshift.run": "gc-test", "nightshift.owner": "old-boot:1:1", ...labels },
        })
      ).id;
    const expired = await make({ "nightshift.expiresAt": "1000" });
    const fresh = await make({ "nightshift.expiresAt": String(Date.now() + 3_600_000) });
    const living = await backend.create(spec({ runId: "gc-test" }), never);
    const left = async () =>
      (await docker.listContainers({ all: true, filters: { label: ["nightshift.run=gc-test"] } })).map(
        ({ Id }) => Id,
      );
    try {
      await nightshift(["gc"], { cwd });
      expect(new Set(await left())).toEqual(new Set([fresh, living.handle.id]));
      // As gc --run does it, on a run that nobody plays.
      const found: string[] = [];
      await backend.sweep({ runId: "gc-test", spareOwned: true, found: (what) => found.push(what) });
      expect(found.filter((what) => what.startsWith("container"))).toHaveLength(1);
      expect(await left()).toEqual([living.handle.id]);
      expect(await living.probe()).toBe(true);
    } finally {
      await living[Symbol.asyncDispose]();
      for (const id of [expired, fresh]) {
        await docker
          .getContainer(id)
          .remove({ force: true })
          .catch(() => {});
      }
      await rm(socketRoot, { recursive: true, force: true });
    }
  });

  it("finds nothing after a run was killed and collected", async () => {
    const temporary = await mkdtemp(path.join(tmpdir(), "nightshift-gc-"));
    const env = { ...NOWHERE, TMPDIR: temporary };
    await writeFile(
      path.join(cwd, "killed.yaml"),
      pipelineText("{ name: s, wire: scripted, thinkMs: 50 }").replace("backend: process", "backend: auto"),
    );
    const child = spawn(
      process.execPath,
      [path.join(import.meta.dirname, "../../bin/nightshift.js"), "run", "killed.yaml", "--out", "killed"],
      { cwd, env: { ...process.env, ...env }, stdio: "ignore" },
    );
    const exited = new Promise((resolve) => child.on("exit", resolve));
    const ledger = path.join(cwd, "killed", "ledger.jsonl");
    while (!(await readFile(ledger, "utf8").catch(() => "")).includes('"call-started"'))
      await clock.sleep(20);
    child.kill("SIGKILL");
    await exited;
    const collected = await nightshift(["gc", "--run", "killed"], { cwd, env });
    expect(collected, collected.stderr).toMatchObject({ exitCode: 0 });
    expect(collected.stdout).toMatch(/this machine: 1 removed\n {2}scratch folder .*\/ns-/);
    expect((await nightshift(["gc"], { cwd, env })).stdout).toContain("this machine: 0 removed");
    await rm(temporary, { recursive: true });
  });
});

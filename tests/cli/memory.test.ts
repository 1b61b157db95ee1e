// Memory over two epochs, through the command line: what rollouts write down is recorded and nothing else, joins the next memory by one
// command, is read there, and is part of the key. And what a pipeline may not say of memory and the web.
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Double, startDouble, type Turn } from "../../scripts/wires/double.ts";
import type { Trajectory } from "../../src/core/trajectory.ts";
import { readRun } from "../../src/store/readRun.ts";
import { edited, GOOD } from "./badPipelines.ts";
import { nightshift } from "./nightshift.ts";
import { type BadCase, refuses } from "./refuses.ts";

const turn = (command: string, name: string, args: Readonly<Record<string, unknown>>): Turn => ({
  thinks: "So.",
  says: "I do this.",
  command,
  call: { name, arguments: args },
});
const FINDING = "The other player copies: insist on the first move.";
const SCRIPT: readonly Turn[] = [
  turn("memory_read which move", "memory_read", { query: "which move" }),
  turn(`memory_write "${FINDING}"`, "memory_write", { text: FINDING }),
  turn("memory_read which move", "memory_read", { query: "which move" }),
  turn("memory_write Validate early.", "memory_write", { text: "Validate early." }),
  turn("memory_write", "memory_write", { text: " " }),
  turn("gpu_state", "gpu_state", {}),
  turn("submit", "submit", {}),
];

let double: Double;
let folder = "";
beforeAll(async () => {
  double = await startDouble(SCRIPT);
  folder = await mkdtemp(path.join(tmpdir(), "nightshift-memory-"));
  await put("one.yaml", pipeline(""));
  await put("two.yaml", pipeline("memory: memory.jsonl, "));
  await mkdir(path.join(folder, "elsewhere"));
  await put("moved.yaml", pipeline("memory: elsewhere/memory.jsonl, "));
});
afterAll(async () => {
  await double[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const put = (name: string, text: string) => writeFile(path.join(folder, name), text);
const pipeline = (memory: string) => `name: memory
cells:
  tasks: [battle-of-sexes]
  agents:
    - { name: fenced, scaffold: fenced, ${memory}tools: [memory_read, memory_write, gpu_state] }
    - { name: native, scaffold: native, ${memory}tools: [memory_read, memory_write, gpu_state] }
  models:
    - { name: chat, wire: openai, model: double-chat, baseUrls: ["${double.origin}/v1"] }
rollouts: { perCell: 2 }
limits: { steps: 12, actionSeconds: 20, validations: 1 }
sandbox: { backend: process, unsafe: true }
stages:
  evaluate: { seeds: 1 }
`;

async function ran(args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await nightshift(args, { cwd: folder });
  expect(exitCode, stderr).toBe(0);
  return stdout;
}

async function trajectories(run: string): Promise<readonly Trajectory[]> {
  const reader = await readRun(path.join(folder, run));
  const found: Trajectory[] = [];
  for (const { archive } of reader.state.rollouts.values()) {
    if (archive !== null) found.push(await reader.archive.read(archive));
  }
  return found;
}

/** What came of each action: whether it went well, and what the agent was told. */
const told = ({ steps, pool }: Trajectory) =>
  steps.flatMap(({ actions }) =>
    actions.map(({ result }) => {
      const message = result?.message ?? null;
      return [result?.ok, message === null ? "" : (pool[message]?.message.content ?? "")] as const;
    }),
  );

describe("memory", { timeout: 120_000 }, () => {
  it("of the first epoch is empty, also for what was just written down", async () => {
    await ran(["run", "one.yaml", "--out", "one"]);
    const played = await trajectories("one");
    expect(played).toHaveLength(4);
    for (const trajectory of played) {
      const [first, written, second] = told(trajectory);
      expect(first?.[1]).toContain("There are no notes of earlier attempts.");
      expect(written?.[0]).toBe(true);
      expect(second?.[1]).toContain("There are no notes of earlier attempts.");
      expect(trajectory.cell.agent.memory).toBeUndefined();
    }
  });

  it("joins a file by one command: in order, each note once, and the same again", async () => {
    // A benchmark's notes stay out unless they are asked for.
    expect(await ran(["memory", "merge", "one", "--into", "kept.jsonl"])).toMatch(
      /^kept\.jsonl: 0 notes \(0 added, 0 said already, 8 left out, of benchmark or held-out tasks/,
    );
    await put("memory.jsonl", '{"text":"By hand."}\n');
    const merge = ["memory", "merge", "one", "--into", "memory.jsonl", "--untrained"];
    expect(await ran(merge)).toBe("memory.jsonl: 3 notes (2 added, 6 said already)\n");
    const text = await readFile(path.join(folder, "memory.jsonl"), "utf8");
    const notes = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(notes.map(({ text: said, task }) => [said, task])).toEqual([
      ["By hand.", null],
      [FINDING, "battle-of-sexes"],
      ["Validate early.", "battle-of-sexes"],
    ]);
    const first = (await trajectories("one")).find(
      ({ cell, seedIndex }) => cell.agent.name === "fenced" && seedIndex === 0,
    );
    expect(notes[1].from).toBe(`${first?.key}/1/0`);
    expect(await ran(merge)).toBe("memory.jsonl: 3 notes (0 added, 8 said already)\n");
    expect(await readFile(path.join(folder, "memory.jsonl"), "utf8")).toBe(text);
  });

  it("is read in the next epoch, and is in its keys by what it says", async () => {
    await ran(["run", "two.yaml", "--out", "two"]);
    const played = await trajectories("two");
    for (const trajectory of played) {
      const [first] = told(trajectory);
      expect(first?.[1]).toContain(`Nearest of 3 notes:\n1. [battle-of-sexes] ${FINDING}`);
      expect(trajectory.cell.agent.memory).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(JSON.stringify(trajectory)).not.toContain("memory.jsonl");
    }
    const before = new Set((await trajectories("one")).map(({ key }) => key));
    expect(played.some(({ key }) => before.has(key))).toBe(false);
    // The same notes from another place make the same keys.
    await rename(path.join(folder, "memory.jsonl"), path.join(folder, "elsewhere/memory.jsonl"));
    await ran(["run", "moved.yaml", "--out", "moved"]);
    const keys = (list: readonly Trajectory[]) => list.map(({ key }) => key).sort();
    expect(keys(await trajectories("moved"))).toEqual(keys(played));
  });

  it("is told to native models by its schema", () => {
    const native = double.requests.find((request) => request.native);
    expect(JSON.stringify(native?.body)).toContain('"description":"Words to look for."');
  });
});

describe("a pipeline", () => {
  let cwd = "";
  beforeAll(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), "nightshift-memory-bad-"));
    await mkdir(path.join(cwd, "norun"));
    await writeFile(path.join(cwd, "bad.jsonl"), '{"text":"a"}\n{"note":"b"}\n');
    for (const [name, { agent, web = "" }] of Object.entries(FILES)) {
      const text = edited(
        GOOD,
        "  models:\n",
        `  agents:\n    - { name: a, scaffold: fenced, ${agent} }\n  models:\n`,
      );
      await writeFile(path.join(cwd, `${name}.yaml`), `${text}${web}\n`);
    }
  });
  afterAll(() => rm(cwd, { recursive: true, force: true }));

  const FILES: Readonly<Record<string, { readonly agent: string; readonly web?: string }>> = {
    unread: { agent: "tools: [shell], memory: bad.jsonl" },
    missing: { agent: "tools: [memory_read], memory: none.jsonl" },
    broken: { agent: "tools: [memory_read], memory: bad.jsonl" },
    closed: { agent: "tools: [shell, parse_pdf]" },
    inner: { agent: "tools: [parse_pdf]", web: "web: { hosts: [localhost] }" },
    open: {
      agent: "tools: [literature_search]",
      web: "web: { literature: { baseUrl: http://papers.example.org, keyEnv: S2_KEY } }",
    },
    keyless: { agent: "tools: [literature_search]", web: "web: { literature: { keyEnv: S2_KEY } }" },
    misspelt: { agent: "tools: [literature_search]", web: "web: { literatur: {} }" },
  };
  const bad: readonly (readonly [string, RegExp])[] = [
    ["unread", /^cells\.agents\[0\]\.memory: no tool here reads bad\.jsonl; add memory_read/],
    ["missing", /^cells\.agents\[0\]\.memory: cannot read the memory none\.jsonl: there is no such file/],
    ["broken", /^cells\.agents\[0\]\.memory: bad\.jsonl:2: text: /],
    ["closed", /^cells\.agents\[0\]\.tools: parse_pdf needs the web, which is closed here; .*`web: \{\}`/],
    ["inner", /inner\.yaml:\d+:.*web\.hosts.*must be a host's name/],
    ["open", /open\.yaml:\d+:.*must be an https URL where a key is sent to it/],
    ["keyless", /^web\.literature\.keyEnv: S2_KEY is not set to a key; export it/],
    ["misspelt", /misspelt\.yaml:\d+:.*literatur/],
  ];
  const cases: BadCase[] = [
    ...bad.map(([what, says]) => ({ what, args: ["run", `${what}.yaml`], says })),
    { what: "a merge of no run", args: ["memory", "merge", "norun", "--into", "m.jsonl"], says: /norun/ },
    {
      what: "a merge into a broken memory",
      args: ["memory", "merge", "norun", "--into", "bad.jsonl"],
      says: /^bad\.jsonl:2: text: /,
    },
    { what: "a merge into nowhere", args: ["memory", "merge", "norun"], says: /--into/ },
  ];
  refuses(cases, () => ({ cwd }));
});

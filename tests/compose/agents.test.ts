// What an agent's settings do to the keys of its rollouts: contents count, paths do not, and what is left out leaves no trace.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planOf, readPipeline } from "../../src/compose/plan.ts";
import { NO_SECRETS } from "../../src/core/secrets.ts";
import { readPipelineText } from "../../src/pipeline/readPipeline.ts";
import { memorySandbox } from "../tools/memorySandbox.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "agents-"));
});
afterAll(() => rm(folder, { recursive: true }));

const HEAD = `
name: agents
rollouts: { perCell: 1 }
stages: {}
cells:
  tasks: [battle-of-sexes]
`;
const MODEL = "{ name: m, wire: openai, model: x, baseUrls: [http://127.0.0.1:1/v1] }";

async function cellOf(settings: string, model = MODEL) {
  const text = `${HEAD}  models: [${model}]\n  agents: [{ name: a, ${settings} }]\n`;
  const plan = await planOf(
    { env: () => undefined, secrets: NO_SECRETS },
    readPipelineText(text, "p.yaml", []),
  );
  const [planned] = plan.cells;
  if (planned === undefined) throw new Error("no cell");
  return planned;
}
const idOf = async (settings: string) => (await cellOf(settings)).id;
const complaint = (settings: string, model?: string) => cellOf(settings, model).then(() => "none", String);

describe("prompts", () => {
  it("count by their content, wherever they lie", async () => {
    const [one, two, other] = ["one", "two", "other"].map((name) => path.join(folder, name));
    await mkdir(`${one}`, { recursive: true });
    await writeFile(`${one}/complaint.md`, "No: {error}");
    await cp(`${one}`, `${two}`, { recursive: true });
    await cp(`${one}`, `${other}`, { recursive: true });
    await writeFile(`${other}/complaint.md`, "No! {error}");
    const of = (where: string) => idOf(`scaffold: fenced, prompts: ${where}`);
    const plain = await idOf("scaffold: fenced");
    expect(await of(`${one}`)).toBe(await of(`${two}`));
    expect(new Set([plain, await of(`${one}`), await of(`${other}`)]).size).toBe(3);
    expect((await cellOf(`scaffold: fenced, prompts: ${one}`)).cell.agent).toEqual({
      name: "a",
      scaffold: "fenced",
      history: "appendOnly",
    });
    await writeFile(`${two}/complaint.md`, "No.\n{eror}");
    expect(await complaint("scaffold: fenced, prompts: ./nowhere")).toMatch(
      /cells\.agents\[0\]\.prompts: there is no folder \.\/nowhere/,
    );
    expect(await complaint(`scaffold: fenced, prompts: ${two}`)).toMatch(
      /two\/complaint\.md:2: nothing fills the placeholder \{eror\}; did you mean \{error\}\?/,
    );
  });
});

describe("settings", () => {
  it("each make rollouts of their own", async () => {
    const settings = [
      "scaffold: fenced",
      "scaffold: lastBlock",
      "scaffold: xml",
      "scaffold: json",
      "scaffold: native",
      "scaffold: fenced, history: { kind: lastObservations }",
      "scaffold: fenced, history: { kind: lastObservations, keep: 4 }",
      "scaffold: fenced, history: { kind: closedWindows }",
      "scaffold: fenced, history: { kind: summary, tokens: 9000 }",
      "scaffold: fenced, blocked: mlgym",
      "scaffold: fenced, blocked: { words: [git] }",
      "scaffold: fenced, stateLine: lines",
      "scaffold: fenced, stateLine: none",
    ];
    const ids = await Promise.all(settings.map(idOf));
    expect(new Set(ids).size).toBe(settings.length);
    expect(await idOf("scaffold: fenced, history: { kind: lastObservations, keep: 5 }")).toBe(ids[5]);
  });

  it("give the shell its list", async () => {
    const { tools } = await cellOf("scaffold: fenced, blocked: { words: [git] }");
    expect(tools.map(({ name }) => name)).toEqual(
      (await cellOf("scaffold: fenced")).tools.map(({ name }) => name),
    );
    const shell = tools.find(({ name }) => name === "shell");
    const context = {
      sandbox: memorySandbox({}, { ls: { output: "ran" } }),
      actionId: "1",
      state: { openFile: null, firstLine: 1, cwd: "." },
      actionTimeoutMs: 1_000,
      outputBytesMax: 1_000,
      signal: new AbortController().signal,
    };
    expect(await shell?.run({ command: "ls; git log" }, context)).toMatchObject({
      ok: false,
      text: "`git` is blocked in this environment, so nothing of the command was run.",
    });
    expect(await shell?.run({ command: "ls" }, context)).toMatchObject({ ok: true, text: "ran" });
    expect(await complaint("scaffold: fenced, blocked: { words: ['a b'] }")).toContain("must be one word");
  });

  it("are refused where the scripted model cannot read them", async () => {
    const scripted = "{ name: s, wire: scripted }";
    expect(
      await complaint("scaffold: fenced, history: { kind: summary, tokens: 9 }, blocked: mlgym", scripted),
    ).toBe("none");
    expect(await complaint("scaffold: xml", scripted)).toMatch(
      /the scaffold xml, which the scripted model s does not know/,
    );
    expect(await complaint("scaffold: fenced, stateLine: none", scripted)).toMatch(/stateLine: none, which/);
  });
});

describe("the benchmark", () => {
  it("plays by MLGym's protocol: 50 steps, four dollars, temperature 0, the last five results, four attempts", async () => {
    const { pipeline } = await readPipeline("pipelines/mlgym-bench.yaml", []);
    expect(pipeline.cells.agents).toMatchObject([
      { scaffold: "fenced", history: { kind: "lastObservations", keep: 5 }, blocked: "mlgym" },
    ]);
    expect(pipeline.cells.sampling).toEqual([{ temperature: 0 }]);
    expect(pipeline.limits).toMatchObject({ steps: 50, costUsd: 4 });
    expect(pipeline.rollouts.perCell).toBe(4);
  });
});

describe("demonstrations", () => {
  it("are found beside the command or in the package, and read strictly", async () => {
    expect(await complaint("scaffold: fenced, demonstrations: [nowhere.json]")).toMatch(
      /cells\.agents\[0\]\.demonstrations\[0\]: there is no demonstration nowhere\.json; `nightshift show RUN KEY --demonstration/,
    );
    const file = path.join(folder, "bad.json");
    await writeFile(file, '{\n "format": "nightshift.demonstration/1",\n "stepz": 1\n}\n');
    expect(await complaint(`scaffold: fenced, demonstrations: [${file}]`)).toMatch(/bad\.json:3:2: .*stepz/);
    const shipped = "demonstrations/dilemma-games.json";
    const ids = await Promise.all(
      ["fenced", "native"].flatMap((scaffold) => [
        idOf(`scaffold: ${scaffold}`),
        idOf(`scaffold: ${scaffold}, demonstrations: [${shipped}]`),
      ]),
    );
    expect(new Set(ids).size).toBe(4);
  });
});

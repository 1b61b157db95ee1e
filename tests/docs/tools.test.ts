// The tool of docs/tools.md works: loaded from a user's folder as it stands on the page, used in text and by its schema, part of the key.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edited, GOOD } from "../cli/badPipelines.ts";
import { REPOSITORY } from "../cli/nightshift.ts";
import { type BadCase, refuses } from "../cli/refuses.ts";

const MARKED = /<!-- run by tests\/docs\/tools\.test\.ts -->\n```ts\n([\s\S]*?)^```$/m;
const RUN_MS_MAX = 60_000;

/** Uses the tool through the library, in a process of its own, as a user's program does. */
const PROGRAM = `
import { Gym } from ${JSON.stringify(path.join(REPOSITORY, "src/index.ts"))};
const tools = ["shell", "./tools/headings.ts"];
await using gym = await Gym.open({ task: "battle-of-sexes", sandbox: { backend: "process" }, tools });
await gym.reset();
const said = [];
for (const command of process.argv.slice(2)) {
  const [observation, , , , info] = await gym.step(command);
  said.push(info.actionError ?? [info.ok, observation.text.trim()]);
}
console.log(JSON.stringify({ said, docs: gym.toolDocs, schema: gym.toolSchemas[1] }));
`;

const KEYS = `
import { createWorld, planOf, readPipeline } from ${JSON.stringify(path.join(REPOSITORY, "src/index.ts"))};
const { pipeline } = await readPipeline(process.argv[2], []);
console.log((await planOf(await createWorld(), pipeline)).cells.map(({ id }) => id).join());
`;

const run = promisify(execFile);
let cwd = "";
let page = "";
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "nightshift-tools-"));
  await mkdir(path.join(cwd, "tools"));
  page = MARKED.exec(await readFile(path.join(REPOSITORY, "docs/tools.md"), "utf8"))?.[1] ?? "";
  await put("tools/headings.ts", page);
  await put("program.mjs", PROGRAM);
  await put("keys.mjs", KEYS);
  await put("tools/beside.mjs", 'import { x } from "./headings.ts";\nexport default x;\n');
  await put("tools/late.mjs", 'const x = 1;\nexport default (await import("./headings.ts")).default;\n');
  await put("tools/broken.mjs", "export default {{;\n");
  await put("tools/none.mjs", "export const tool = 1;\n");
  await put("tools/half.mjs", 'export default { name: "Half", signature: "half", replay: "rerun" };\n');
  await put("tools/submit.ts", page.replace('"headings"', '"submit"'));
  await put("tools/tool.py", "");
  for (const [name, tools] of Object.entries(LISTS)) await put(`${name}.yaml`, withTools(tools));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const put = (name: string, text: string) => writeFile(path.join(cwd, name), text);
const withTools = (tools: string) =>
  edited(
    GOOD,
    "  models:\n",
    `  agents:\n    - { name: a, scaffold: fenced, tools: [${tools}] }\n  models:\n`,
  );

const LISTS = {
  good: "shell, open, ./tools/headings.ts",
  misspelt: "shell, opne",
  missing: "./tools/mine.ts",
  twice: "shell, open, shell",
  beside: "./tools/beside.mjs",
  late: "./tools/late.mjs",
  broken: "./tools/broken.mjs",
  none: "./tools/none.mjs",
  half: "./tools/half.mjs",
  ending: "./tools/submit.ts",
  python: "./tools/tool.py",
};

describe("a tool of the user's own", () => {
  it("does what its page says, in words and by its schema", async () => {
    const commands = [
      'printf "# One\\ntext\\n## Two\\n" > notes.md',
      "headings notes.md",
      "headings notes.md 1",
      "headings none.md",
      "headings notes.md two",
      "headings",
      "open notes.md",
    ];
    const { stdout } = await run(process.execPath, ["program.mjs", ...commands], {
      cwd,
      timeout: RUN_MS_MAX,
    });
    const { said, docs, schema } = JSON.parse(stdout);
    expect(said.slice(0, 4)).toEqual([
      [true, "[no output]"],
      [true, "1:# One\n3:## Two"],
      [true, "1:# One"],
      [false, "`none.md` cannot be read."],
    ]);
    expect(said[4]).toMatch(/^The arguments of `headings` do not fit\.[\s\S]*→ at most$/);
    expect(said[5]).toMatch(/→ at path$/);
    // `open` was not named, so it is a word for the shell like any other.
    expect(said[6][0]).toBe(false);
    expect(docs).toMatch(/^- `shell[\s\S]*\n- `headings <path> \[<most>\]`\. Lists[\s\S]*\n- `forfeit`/);
    expect(schema).toMatchObject({
      name: "headings",
      parameters: { properties: { path: { type: "string", description: "The file." } } },
    });
  });

  it("moves the keys of its rollouts with its content", async () => {
    const keys = async () => (await run(process.execPath, ["keys.mjs", "good.yaml"], { cwd })).stdout;
    const before = await keys();
    await put("tools/headings.ts", `${page}// Another content.\n`);
    const changed = await keys();
    await put("tools/headings.ts", page);
    expect(await keys()).toBe(before);
    expect(changed).not.toBe(before);
  });
});

describe("a list of tools", () => {
  const bad: readonly (readonly [keyof typeof LISTS, RegExp])[] = [
    ["misspelt", /^cells\.agents\[0\]\.tools\[1\]: there is no tool "opne"; did you mean `open`\?/],
    ["missing", /tools\[0\]: cannot read the tool \.\/tools\/mine\.ts: /],
    ["twice", /tools\[2\]: shell is a second tool called `shell`; names must differ/],
    ["beside", /tools\[0\]: \.\/tools\/beside\.mjs imports \.\/headings\.ts, but a tool is one file/],
    ["late", /tools\[0\]: \.\/tools\/late\.mjs imports \.\/headings\.ts, but a tool is one file/],
    ["broken", /tools\[0\]: the tool \.\/tools\/broken\.mjs cannot be loaded: /],
    ["none", /tools\[0\]: the default export of \.\/tools\/none\.mjs is no tool .*`defineTool`/],
    [
      "half",
      /tools\[0\]: the default export of \.\/tools\/half\.mjs is no tool \(name: must be small letters/,
    ],
    ["ending", /tools\[0\]: \.\/tools\/submit\.ts is a second tool called `submit`/],
    ["python", /tools\[0\]: \.\/tools\/tool\.py must end in \.ts, \.mts, \.js, \.mjs/],
  ];
  const cases: BadCase[] = bad.map(([what, says]) => ({ what, args: ["run", `${what}.yaml`], says }));
  refuses(cases, () => ({ cwd }));
});

// The prompt files: placeholders are checked when they are loaded, and values are put in as they are.
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadAgentParts } from "../../src/agent/agentParts.ts";
import { fillPrompt, loadPrompts, PROMPTS_FOLDER, promptSource } from "../../src/agent/prompts.ts";
import { SCAFFOLDS } from "../../src/core/cell.ts";
import { UserError } from "../../src/core/errors.ts";

const NAMES = ["system", "task", "observation", "state", "complaint"];
const SHARED = [...NAMES, "demonstration", "summaryRequest", "summarised"];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "prompts-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The fenced scaffold's prompts with these files in the user's folder. */
async function withOwn(files: Record<string, string>, stateLine?: "oneLine" | "lines" | "none") {
  const own = await mkdtemp(join(folder, "own-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(own, `${name}.md`), text);
  const config = {
    scaffold: "fenced",
    prompts: own,
    ...(stateLine === undefined ? {} : { stateLine }),
  } as const;
  return { own, load: async () => loadPrompts(await promptSource(config)) };
}

describe("loadPrompts", () => {
  it("loads the files of the house", async () => {
    const prompts = await loadPrompts();
    expect(Object.keys(prompts).sort()).toEqual([...NAMES].sort());
    expect(prompts.state).toBe(
      "[{used} of {steps} steps used | open file: {openFile} | directory: {directory}]",
    );
  });

  it("takes single files from the user's folder, and the others from the house", async () => {
    const { load } = await withOwn({ complaint: "No: {error}" });
    expect(await load()).toEqual({ ...(await loadPrompts()), complaint: "No: {error}" });
  });

  it("says in one sentence with file and line what is unknown or missing, and the nearest name", async () => {
    const cases: [Record<string, string>, RegExp][] = [
      [{ state: "{used} {steps} {directory}" }, /state\.md:1: the placeholder \{openFile\} is missing/],
      [
        { complaint: "{error}\n\n{eror}" },
        /complaint\.md:3: nothing fills .*\{eror\}; did you mean \{error\}\?/,
      ],
      [{ complaint: "{error} {mood}" }, /complaint\.md:1: nothing fills .*\{mood\}; there are \{error\}/],
      [{ complain: "{error}" }, /complain\.md: there is no prompt "complain"; did you mean `complaint`\?/],
      [{}, /holds no prompt/],
    ];
    for (const [files, says] of cases) {
      const { load } = await withOwn(files);
      const error = await load().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UserError);
      expect(String(error)).toMatch(says);
      expect(String(error)).not.toContain("\n");
    }
    await expect(promptSource({ scaffold: "fenced", prompts: join(folder, "gone") })).rejects.toThrow(
      UserError,
    );
  });

  it("knows that the native scaffold has no list of tools in its text", async () => {
    const { own } = await withOwn({ system: "Go. {tools}" });
    const source = await promptSource({ scaffold: "native", prompts: own });
    await expect(loadPrompts(source)).rejects.toThrow(/\{tools\}; this prompt has none/);
  });

  it("does not take braces that are no placeholder for one, nor doubled ones", async () => {
    const { load } = await withOwn({ complaint: "{error} {} { x } {1} {{word}}" });
    expect(fillPrompt(await load(), "complaint", { error: "E" })).toBe("E {} { x } {1} {word}");
  });

  it("ends observations in one line, in several, or not at all", async () => {
    const state = (stateLine: "lines" | "none") =>
      promptSource({ scaffold: "fenced", stateLine }).then(loadPrompts);
    expect((await state("lines")).state).toBe(
      "(steps: {used} used, {left} left)\n(open file: {openFile})\n(directory: {directory})\n$",
    );
    const none = await state("none");
    expect([none.observation, none.state]).toEqual(["{observation}", ""]);
    expect(none.task).not.toContain("{state}");
    const { load } = await withOwn({ state: "{openFile} {directory}" }, "lines");
    await expect(load()).rejects.toThrow(/stateLine: lines too; keep this file or that setting/);
  });

  it("has the prompts of every scaffold, and none that another one reads", async () => {
    for (const scaffold of SCAFFOLDS) {
      const { prompts, unusable } = await loadAgentParts({ scaffold, history: "appendOnly" });
      expect(unusable === null).toBe(scaffold !== "native");
      expect(prompts.system.includes("{tools}")).toBe(scaffold !== "native");
    }
    expect((await readdir(PROMPTS_FOLDER)).sort()).toEqual(
      [
        ...SCAFFOLDS.filter((name) => name !== "fenced"),
        "stateLines",
        ...SHARED.map((name) => `${name}.md`),
      ].sort(),
    );
  });
});

describe("fillPrompt", () => {
  it("puts values in as they are, once", async () => {
    const { load } = await withOwn({ complaint: "{error}/{error}" });
    expect(fillPrompt(await load(), "complaint", { error: "{error} $& $1" })).toBe(
      "{error} $& $1/{error} $& $1",
    );
  });
});

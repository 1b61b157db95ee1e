// The prompt files: placeholders are checked when they are loaded, and values are put in as they are.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillPrompt, loadPrompts, PROMPTS_FOLDER } from "../../src/agent/prompts.ts";
import { UserError } from "../../src/core/errors.ts";

const folder = PROMPTS_FOLDER;
const names = ["system", "task", "observation", "state", "complaint"];
let copy: string;

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "prompts-"));
});
afterAll(() => rm(copy, { recursive: true }));

async function copyWith(changed: Record<string, string>) {
  for (const name of names) {
    await writeFile(
      join(copy, `${name}.md`),
      changed[name] ?? (await readFile(join(folder, `${name}.md`), "utf8")),
    );
  }
  return loadPrompts(copy);
}

describe("loadPrompts", () => {
  it("loads the files of the house", async () => {
    const prompts = await loadPrompts(folder);
    expect(Object.keys(prompts).sort()).toEqual([...names].sort());
    expect(prompts.state).toBe(
      "[{used} of {steps} steps used | open file: {openFile} | directory: {directory}]",
    );
  });

  it("refuses a placeholder that is lacking, unknown, or a file that is", async () => {
    await expect(copyWith({ state: "{used} {steps} {directory}" })).rejects.toThrow(
      /lacks the placeholder \{openFile\}/,
    );
    await expect(copyWith({ complaint: "{error} {mood}" })).rejects.toThrow(/nothing fills: \{mood\}/);
    await expect(loadPrompts(join(copy, "gone"))).rejects.toThrow(UserError);
  });

  it("does not take braces that are no placeholder for one", async () => {
    const prompts = await copyWith({ complaint: "{error} {} { x } {1}" });
    expect(fillPrompt(prompts, "complaint", { error: "E" })).toBe("E {} { x } {1}");
  });
});

describe("fillPrompt", () => {
  it("puts values in as they are, once", async () => {
    const prompts = await copyWith({ complaint: "{error}/{error}" });
    expect(fillPrompt(prompts, "complaint", { error: "{error} $& $1" })).toBe("{error} $& $1/{error} $& $1");
  });
});

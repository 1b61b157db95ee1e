// Generated files are what the code would generate now, and the hints in the shipped files lead editors to them.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { generatedFiles } from "../../scripts/docs/generatedFiles.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string) => readFile(path.join(ROOT, file), "utf8");

const GENERATED = await generatedFiles();
const PIPELINES = (await readdir(path.join(ROOT, "pipelines"))).map((file) => `pipelines/${file}`);
const folders = (await readdir(path.join(ROOT, "tasks"))).filter((folder) => !folder.startsWith("_"));
const withFile = (name: string) =>
  folders.map((folder) => `tasks/${folder}/${name}`).filter((file) => existsSync(path.join(ROOT, file)));
const TASKS = withFile("task.yaml");
const FAMILIES = withFile("family.yaml");

describe("generated files", () => {
  it.each([...GENERATED])("%s is fresh (else: npm run docs)", async (file, text) => {
    expect(await read(file)).toBe(text);
  });

  it("are all there is of their kind", async () => {
    const kept = [
      ...(await readdir(path.join(ROOT, "schemas"))).map((file) => `schemas/${file}`),
      ...(await readdir(path.join(ROOT, "docs/reference"))).map((file) => `docs/reference/${file}`),
    ];
    expect(kept.sort()).toEqual([...GENERATED.keys()].sort());
  });

  it("link to files and headings that exist", () => {
    const broken: string[] = [];
    for (const [file, text] of GENERATED) {
      if (!file.endsWith(".md")) continue;
      const anchors = new Set([...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading)));
      for (const [, target = ""] of text.matchAll(/\]\(([^)]+)\)/g)) {
        const isFine = target.startsWith("#")
          ? anchors.has(target.slice(1))
          : existsSync(path.join(ROOT, path.dirname(file), target));
        if (!isFine) broken.push(`${file}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });
});

describe("editor hints", () => {
  it.each([
    ...PIPELINES.map((file) => [file, "schemas/pipeline.json"]),
    ...TASKS.map((file) => [file, "schemas/task.json"]),
    ...FAMILIES.map((file) => [file, "schemas/family.json"]),
  ])("%s opens with the way to %s, and passes it", async (file = "", schema = "") => {
    const text = await read(file);
    const hint = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? "";
    expect(path.join(path.dirname(file), hint)).toBe(schema);
    expect(validatorOf(schema).safeParse(parse(text))).toMatchObject({ success: true });
  });

  it("catch what the program would refuse", async () => {
    const pipeline = validatorOf("schemas/pipeline.json");
    const text = await read("pipelines/quickstart.yaml");
    const passes = (changed: string) => pipeline.safeParse(parse(changed)).success;
    expect(passes(text)).toBe(true);
    expect(passes(text.replace("perCell: 32", "perCel: 32"))).toBe(false);
    expect(passes(text.replace("perCell: 32", "perCell: many"))).toBe(false);
    expect(passes(text.replace("wire: scripted", "wire: telegraph"))).toBe(false);
    expect(passes(text.replace("rollouts:\n  perCell: 32\n  groupSize: 8\n", ""))).toBe(false);
  });
});

/** A validator made of the JSON Schema alone: what an editor knows. */
function validatorOf(file: string): z.ZodType {
  return z.fromJSONSchema(JSON.parse(GENERATED.get(file) ?? "false"));
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

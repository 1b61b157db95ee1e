// What agents see of a task's data: hidden files in it, and hidden columns, are found; what tells nothing is let be.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataLeaksOf } from "../../src/judge/dataLeaks.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "nightshift-leaks-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const ids = ["a", "b", "c", "d", "e", "f"];
const ANSWERS = `id,label\n${ids.map((id, index) => `${id},${index % 3}`).join("\n")}\n`;
const hidden = (name: string, text: string) => ({
  path: `hidden/data/${name}`,
  data: new TextEncoder().encode(text),
  executable: false,
});

async function leaks(files: Readonly<Record<string, string>>) {
  const hostPath = await mkdtemp(path.join(root, "public-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(hostPath, name)), { recursive: true });
    await writeFile(path.join(hostPath, name), text);
  }
  return dataLeaksOf({
    judgeFiles: [hidden("answers.csv", ANSWERS), hidden("seeds", "12345\n")],
    mounts: [{ hostPath, path: "/data" }],
  });
}

describe("data that agents see", () => {
  it("is let be where it tells nothing of what is hidden", async () => {
    const train = `id,label\n${ids.map((id, index) => `t${id},${index % 3}`).join("\n")}\n`;
    const test = `id,length\n${ids.map((id) => `${id},7`).join("\n")}\n`;
    expect(await leaks({ "train.csv": train, "test.csv": test, "deep/notes": "54321\n" })).toEqual([]);
    expect(await dataLeaksOf({ judgeFiles: [hidden("answers.csv", ANSWERS)], mounts: [] })).toEqual([]);
  });

  it("is told of where it is a hidden file, or has a hidden column for the same ids", async () => {
    expect(await leaks({ "deep/seeds.txt": "12345\n" })).toEqual([
      "/data/deep/seeds.txt is hidden/data/seeds, and every agent can read it; prepare.py must keep it hidden",
    ]);
    const test = `id,size,kind\n${ids.map((id, index) => `${id},7,${index % 3}`).join("\n")}\n`;
    expect(await leaks({ "test.csv": test })).toEqual([
      "/data/test.csv has the values of `label` that hidden/data/answers.csv keeps hidden",
    ]);
  });
});

// A folder is replaced as a whole, whatever happens in between.
import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { folderNames, recoverFolder, replaceFolder } from "../../src/dataset/replaceFolder.ts";
import { temporaryFolder } from "./temporary.ts";

const at = temporaryFolder();

async function fill(folder: string, version: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ["a", "b", "c"]) await writeFile(`${folder}/${name}`, version);
}

async function versions(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return Promise.all(
    names.sort().map(async (name) => `${name}=${await readFile(`${folder}/${name}`, "utf8")}`),
  );
}

const whole = (version: string) => ["a", "b", "c"].map((name) => `${name}=${version}`);

describe("states that a crash can leave", () => {
  it("building only: the old one stays, the unfinished one goes with the next write", async () => {
    const dir = at("one", "d");
    await fill(dir, "old");
    await mkdir(folderNames(dir).building);
    await writeFile(`${folderNames(dir).building}/a`, "half");
    await recoverFolder(dir);
    expect(await versions(dir)).toEqual(whole("old"));
    await replaceFolder(dir, async (folder) => {
      expect(await readdir(folder)).toEqual([]);
      await fill(folder, "new");
    });
    expect(await versions(dir)).toEqual(whole("new"));
    expect(await readdir(at("one"))).toEqual(["d"]);
  });

  it("complete beside the old: readers see the old, the next write begins from the new", async () => {
    const dir = at("two", "d");
    await fill(dir, "old");
    await fill(folderNames(dir).complete, "new");
    await recoverFolder(dir);
    expect(await versions(dir)).toEqual(whole("old"));
    await expect(replaceFolder(dir, () => Promise.reject(new Error("full disk")))).rejects.toThrow(
      "full disk",
    );
    expect(await versions(dir)).toEqual(whole("new"));
    expect(await readdir(at("two"))).toEqual(["d"]);
  });

  it("between the two renames: a reader puts the new one in its place", async () => {
    const dir = at("three", "d");
    await fill(folderNames(dir).complete, "new");
    await fill(folderNames(dir).old, "old");
    await recoverFolder(dir);
    expect(await versions(dir)).toEqual(whole("new"));
  });

  it("only the old one, moved away: it comes back", async () => {
    const dir = at("four", "d");
    await fill(dir, "old");
    await rename(dir, folderNames(dir).old);
    await recoverFolder(dir);
    expect(await versions(dir)).toEqual(whole("old"));
  });
});

it("survives being killed at any moment: the folder is always of one version", async () => {
  const dir = at("killed", "d");
  await fill(dir, "0");
  const module = new URL("../../src/dataset/replaceFolder.ts", import.meta.url).href;
  const program = `
    import { replaceFolder } from ${JSON.stringify(module)};
    import { writeFileSync } from "node:fs";
    process.stdout.write("ready");
    for (let version = 1; ; version++) {
      await replaceFolder(${JSON.stringify(dir)}, async (folder) => {
        for (const name of ["a", "b", "c"]) writeFileSync(folder + "/" + name, process.argv[1] + "." + version);
      });
    }`;
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, String(round)]);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await new Promise((resolve) => setTimeout(resolve, 5 + round * 7));
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    await recoverFolder(dir);
    const found = await versions(dir);
    expect(found).toHaveLength(3);
    expect(new Set(found.map((text) => text.slice(2))).size).toBe(1);
  }
  await replaceFolder(dir, (folder) => fill(folder, "end"));
  expect(await readdir(at("killed"))).toEqual(["d"]);
});

// A sandbox's folder is removed whatever its user has laid into it, and nothing beside it.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { removeTree } from "../../src/sandbox/removeTree.ts";

const DEEP = "import os\nfor n in range(3000):\n    os.mkdir('d'); os.chdir('d')\n";

it("removes a tree deeper than any path may be long, and leaves alone what links in it point to", async () => {
  const outside = await mkdtemp(path.join(tmpdir(), "nightshift-outside-"));
  const folder = await mkdtemp(path.join(tmpdir(), "nightshift-deep-"));
  await writeFile(path.join(outside, "kept"), "x");
  await symlink(outside, path.join(folder, "link"));
  await promisify(execFile)("python3", ["-c", DEEP], { cwd: folder });
  await removeTree(folder);
  expect([existsSync(folder), existsSync(path.join(outside, "kept"))]).toEqual([false, true]);
  await removeTree(folder);
  await rm(outside, { recursive: true });
});

// Lays out every defective task of tests/judge/defective and runs `nightshift tasks check` over all of them: its sentences, and the exit code.
//   npx node scripts/defectiveTable.ts
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { DEFECTS, layOut } from "../tests/judge/defective/defects.ts";

const COMMAND = fileURLToPath(new URL("../bin/nightshift.js", import.meta.url));

const folder = await mkdtemp(path.join(tmpdir(), "nightshift-defective-"));
try {
  for (const [what, , kind, edits] of DEFECTS) await layOut(path.join(folder, "tasks"), what, kind, edits);
  const words = [COMMAND, "tasks", "check", "--backend", "process", "--seeds", "3"];
  const child = spawn(process.execPath, words, { cwd: folder, stdio: "inherit" });
  const exitCode = await new Promise((resolve) => child.on("close", resolve));
  console.log(`${DEFECTS.length} defective tasks, exit code ${exitCode}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

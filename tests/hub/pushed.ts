// Folders to push, and the command that pushes them, to be killed at a request of one's choice.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { REPOSITORY } from "../cli/nightshift.ts";
import { TOKEN } from "./hubDouble.ts";

export const NAME = "lab/night-run";

/** An export of so many sessions; more figures of its report can be laid over. */
export async function exportFolder(dir: string, count: number, over: object = {}, text = "hello") {
  await mkdir(path.join(dir, "data"), { recursive: true });
  const files: { path: string; sha256: string }[] = [];
  for (let index = 0; index < count; index++) {
    const content = `${JSON.stringify({ type: "session", id: index, text })}\n`;
    const file = `data/${String(index).padStart(3, "0")}.jsonl`;
    await writeFile(path.join(dir, file), content);
    const bytes = content.length;
    const sha256 = createHash("sha256").update(content).digest("hex");
    files.push({ path: file, ...{ table: "hf_traces", split: "train", rows: 1, bytes }, sha256 });
  }
  const none = { scriptedRows: 0, replayedRows: 0, benchmarkRows: 0, turnsCut: 0, trainedTurns: 0 };
  const report = {
    format: "nightshift.export/2",
    recipe: "hf_traces",
    schemaVersion: "nightshift.hf_traces/1",
    sources: [{ runId: "run", codeVersion: "0.1.0", trajectoriesTableHash: "h" }],
    ...{ where: null, allow: [], rows: count, tableHash: "h", rowsBySplit: { train: count }, moreRows: {} },
    rollouts: { read: count, exported: count, repeated: 0, leftOut: {} },
    ...{ partsLeftOut: {}, notes: [], figures: {}, ...none, files, ...over },
  };
  await writeFile(path.join(dir, "README.md"), "# Sessions\n");
  await writeFile(path.join(dir, "export_report.json"), JSON.stringify(report));
  return files;
}

export interface Push {
  readonly ended: Promise<{ readonly exitCode: number | null; readonly said: string }>;
  kill(): void;
}

/** `nightshift push` as a process of its own. */
export function startPush(dir: string, url: string, args: readonly string[] = [], token = TOKEN): Push {
  const child = spawn(
    process.execPath,
    [path.join(REPOSITORY, "bin/nightshift.js"), "push", dir, NAME, "--endpoint", url, ...args],
    { env: { ...process.env, HF_TOKEN: token }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      said += data.toString();
    });
  }
  return {
    ended: new Promise((resolve) => child.on("close", (exitCode) => resolve({ exitCode, said }))),
    kill: () => child.kill("SIGKILL"),
  };
}

// What tests of tasks on files of a true format stand on: the files are served over HTTP, fetched, prepared, loaded and judged.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Task } from "../../src/core/task.ts";
import { prepareData } from "../../src/tasks/data/prepareData.ts";
import { withPreparedData } from "../../src/tasks/data/preparedData.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";
import { NEVER, TASKS } from "../judge/world.ts";

export const FORMAT = fileURLToPath(new URL("../format/", import.meta.url));
const run = promisify(execFile);

export interface FormatWorld extends AsyncDisposable {
  /** What lies in this folder is served. */
  readonly served: string;
  /** Serves a zip archive of members of a folder. */
  archive(name: string, folder: string, members: readonly string[]): Promise<void>;
  /** The task with its data prepared from what is served under these paths, and its judge's lines changed where that is said. */
  prepared(id: string, paths: readonly string[], change?: (judge: string) => string): Promise<Task>;
}

export async function formatWorld(): Promise<FormatWorld> {
  const root = await mkdtemp(path.join(tmpdir(), "nightshift-true-"));
  const served = path.join(root, "served");
  await mkdir(served);
  const server = createServer((request, response) => {
    readFile(path.join(served, request.url ?? "")).then(
      (data) => response.end(data),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const url = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
  return {
    served,
    async archive(name, folder, members) {
      await run("python3", ["-m", "zipfile", "-c", path.join(served, name), ...members], { cwd: folder });
    },
    async prepared(id, paths, change = (judge) => judge) {
      const tasks = path.join(root, "tasks");
      const folder = path.join(tasks, id);
      await cp(path.join(TASKS, id), folder, { recursive: true });
      const yaml = await readFile(path.join(folder, "data.yaml"), "utf8");
      const sources = paths.map(
        (name) => `  - { kind: url, url: "${url}/${name}", path: ${name}, bytesMax: 1000000 }\n`,
      );
      const local = yaml
        .replace(/^sources:\n(?:[ ]+.*\n)+/m, `sources:\n${sources.join("")}`)
        // The hashes of the true data.
        .replace(/^prepared:\n(?:[ ]+.*\n)+/m, "");
      await writeFile(path.join(folder, "data.yaml"), local);
      await writeFile(
        path.join(folder, "judge.py"),
        change(await readFile(path.join(folder, "judge.py"), "utf8")),
      );
      const task = await loadTask(tasks, id);
      if (task.data === null) throw new Error(`${id} brings no data`);
      const cacheRoot = path.join(root, "cache");
      const options = {
        id,
        folder,
        data: task.data,
        cacheRoot,
        python: "python3",
        env: {},
        onProgress: () => undefined,
      };
      await prepareData(options, true, NEVER);
      return withPreparedData(task, cacheRoot);
    },
    async [Symbol.asyncDispose]() {
      await new Promise((closed) => server.close(closed));
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A hidden table of the task, split at its commas. */
export function hiddenTable(task: Task, name: string): readonly (readonly string[])[] {
  const file = task.judgeFiles.find((candidate) => candidate.path === `hidden/data/${name}`);
  const [, ...rows] = new TextDecoder().decode(file?.data).trimEnd().split("\n");
  return rows.map((row) => row.split(","));
}

/** A CSV file of two columns. */
export function csvOf(header: string, rows: Iterable<readonly [string, string]>): string {
  return `${[header, ...[...rows].map((row) => row.join(","))].join("\n")}\n`;
}

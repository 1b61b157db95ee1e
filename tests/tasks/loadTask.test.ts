// Loading a task folder: what is refused, with which words, and what the two hashes do and do not depend on.
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { listTasks } from "../../src/tasks/listTasks.ts";
import { loadTask } from "../../src/tasks/loadTask.ts";

const TASKS = fileURLToPath(new URL("../../tasks", import.meta.url));
const ID = "battle-of-sexes";
let root = "";
let folder = "";

beforeEach(async () => {
  root = path.join(await mkdtemp(path.join(tmpdir(), "nightshift-tasks-")), "tasks");
  folder = path.join(root, ID);
  await cp(path.join(TASKS, ID), folder, { recursive: true });
});
afterEach(() => rm(path.dirname(root), { recursive: true, force: true }));

const put = (name: string, text: string) => writeFile(path.join(folder, name), text);
const edited = async (name: string, from: string | RegExp, to: string) => {
  const text = await readFile(path.join(folder, name), "utf8");
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  await put(name, changed);
};
const load = () => loadTask(root, ID);

describe("loadTask", () => {
  it("gives each room its files and no other", async () => {
    const task = await load();
    expect(task.workspace.map((file) => file.path)).toEqual(["opponent.py", "simulate.py", "strategy.py"]);
    expect(task.judgeFiles.map((file) => file.path)).toEqual([
      "hidden/key",
      "hidden/opponent.py",
      "judge.py",
      "nightshift_arrays.py",
      "nightshift_files.py",
      "nightshift_judge.py",
    ]);
    expect(task.harnessFiles.map((file) => file.path)).toEqual([
      "harness/array_frames.py",
      "harness/harness.py",
      "harness/next_token.py",
    ]);
    expect(task.folder).toBe(folder);
    expect(task.definition.metric.direction).toBe("maximize");
  });

  it("fills the description from the limits given, else from the task's own over the defaults", async () => {
    await put("description.md", "{steps} {validations} {actionSeconds} {not a placeholder} {}\n");
    await edited("task.yaml", "limits: {}", "limits: { steps: 7 }");
    expect((await load()).description).toBe("7 10 120 {not a placeholder} {}\n");
    const limits = { ...DEFAULT_LIMITS, steps: 9, validations: 1, actionSeconds: 30 };
    expect((await loadTask(root, ID, limits)).description).toBe("9 1 30 {not a placeholder} {}\n");
  });

  it("refuses an unknown placeholder by its line", async () => {
    await put("description.md", "One\ntwo {budget}\n");
    await expect(load()).rejects.toThrow(
      `tasks/${ID}/description.md:2:5: unknown placeholder {budget}; there are {steps}, {validations}, {actionSeconds}`,
    );
  });

  it("says file, line, column, value and remedy of what is wrong in task.yaml", async () => {
    await edited("task.yaml", "direction: maximize", "direction: up");
    await expect(load()).rejects.toThrow(
      /^tasks\/battle-of-sexes\/task\.yaml:\d+:\d+: metric\.direction: .*"maximize".*, not "up"$/,
    );
  });

  it("refuses unknown keys where they stand, all of them at once", async () => {
    await edited("task.yaml", "limits: {}", "limits: { stepz: 3 }\nbudget: 4");
    const error = await load().catch((thrown: unknown) => String(thrown));
    expect(error).toMatch(/task\.yaml:\d+:11: unknown key `limits\.stepz`; did you mean `steps`/);
    expect(error).toMatch(/task\.yaml:\d+:1: unknown key `budget`; there are title/);
  });

  it("names a missing key and a key given twice", async () => {
    await edited("task.yaml", /^sigma.*\n/m, "");
    await expect(load()).rejects.toThrow(/task\.yaml:\d+:1: sigma: missing; it must be a number/);
    await edited("task.yaml", "use: benchmark", "sigma: 0.1\nuse: benchmark\nuse: train");
    await expect(load()).rejects.toThrow(/task\.yaml:\d+:1: .*unique/i);
  });

  it("refuses anchors that do not rise and submission paths that lead out", async () => {
    await edited("task.yaml", /probe: .*/, "probe: 0.9");
    await expect(load()).rejects.toThrow(
      /task\.yaml:\d+:\d+: anchors\.probe: must be no worse than anchors\.starter \(.*\), as the .*, not 0\.9$/,
    );
    await edited("task.yaml", "probe: 0.9", "probe: null");
    await edited("task.yaml", "path: strategy.py", "path: ../strategy.py");
    await expect(load()).rejects.toThrow(
      /task\.yaml:\d+:\d+: submission\.0\.path: must be relative .*, not "\.\.\/strategy\.py"$/,
    );
  });

  it("refuses links, stray files, files that are missing and files that are too large", async () => {
    await symlink("/etc/passwd", path.join(folder, "hidden", "labels"));
    await expect(load()).rejects.toThrow(`tasks/${ID}/hidden/labels: not a regular file`);
    await rm(path.join(folder, "hidden", "labels"));
    await put("workspaces.txt", "");
    await expect(load()).rejects.toThrow(`tasks/${ID}/workspaces.txt: not part of a task`);
    await rm(path.join(folder, "workspaces.txt"));
    await put("workspace/data.bin", "0".repeat(16 * 1024 * 1024 + 1));
    await expect(load()).rejects.toThrow(`tasks/${ID}/workspace/data.bin: too much for a task`);
    await rm(path.join(folder, "workspace", "data.bin"));
    await rm(path.join(folder, "judge.py"));
    await expect(load()).rejects.toThrow(`tasks/${ID}/judge.py: missing`);
  });

  it("refuses ids that are no names of folders below the root", async () => {
    for (const id of ["../tasks", "no-such-task", "", ".", "_images", "battle-of-sexes/workspace"]) {
      await expect(loadTask(root, id)).rejects.toThrow(/no task/);
    }
  });

  it("raises the play hash with what agents see, and not with what only judges see", async () => {
    const before = await load();
    await put("hidden/opponent.py", "changed = True\n");
    const judged = await load();
    expect(judged.playHash).toBe(before.playHash);
    expect(judged.judgeHash).not.toBe(before.judgeHash);
    await edited("task.yaml", "timeoutSeconds: 120", "timeoutSeconds: 121");
    const settings = await load();
    expect(settings.playHash).toBe(before.playHash);
    expect(settings.judgeHash).not.toBe(judged.judgeHash);

    const seen = new Set([before.playHash]);
    const raises = async () => {
      const task = await load();
      expect(task.judgeHash).toBe(settings.judgeHash);
      expect(seen.has(task.playHash)).toBe(false);
      seen.add(task.playHash);
    };
    await edited("description.md", "# ", "# The ");
    await raises();
    await put("workspace/notes.md", "new\n");
    await raises();
    await chmod(path.join(folder, "workspace", "notes.md"), 0o755);
    await raises();
    await edited("task.yaml", "validation: 1", "validation: 2");
    await raises();
    await mkdir(path.join(root, "_images", "python"), { recursive: true });
    await writeFile(path.join(root, "_images", "python", "Dockerfile"), "FROM scratch\n");
    await raises();
    await writeFile(path.join(root, "_images", "python", "Dockerfile"), "ARG BASE=nightshift/under\n");
    await raises();
    await mkdir(path.join(root, "_images", "under"));
    await writeFile(path.join(root, "_images", "under", "Dockerfile"), "ARG BASE=nightshift/python:latest\n");
    await raises();
  });

  it("hashes the same wherever the folder lies, whatever the limits, prose, solution and Python's caches", async () => {
    const before = await load();
    await edited("task.yaml", /title: .*/, "title: Another title");
    await edited("task.yaml", "limits: {}", "limits: { steps: 3 }");
    await put("solution/notes.md", "new\n");
    await mkdir(path.join(folder, "hidden", "__pycache__"));
    await put("hidden/__pycache__/opponent.pyc", "bytes");
    const after = await loadTask(root, ID, { ...DEFAULT_LIMITS, steps: 4 });
    expect([after.playHash, after.judgeHash]).toEqual([before.playHash, before.judgeHash]);
    const original = await loadTask(TASKS, ID);
    expect(original.judgeHash).toBe(before.judgeHash);
  });
});

describe("listTasks", () => {
  it("names the tasks and not what they share", async () => {
    await mkdir(path.join(root, "_images"));
    expect(await listTasks(root)).toEqual([ID]);
    expect(await listTasks(TASKS)).toEqual(
      expect.arrayContaining(["3-sat", "battle-of-sexes", "colonel-blotto", "prisoners-dilemma"]),
    );
    await expect(listTasks(path.join(root, "nowhere"))).rejects.toThrow(/cannot read the tasks folder/);
  });
});

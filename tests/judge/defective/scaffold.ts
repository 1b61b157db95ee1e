// Lays out a sound task from a template and spoils one thing in it; checks it as the command does.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { caseBook } from "../../../src/judge/caseBook.ts";
import { checkTask, type Scored } from "../../../src/judge/checkTask.ts";
import type { TaskReport } from "../../../src/judge/taskReport.ts";
import { loadTask } from "../../../src/tasks/loadTask.ts";
import { newTask } from "../../../src/tasks/newTask.ts";
import { readSolutions } from "../../../src/tasks/readSolutions.ts";
import { clock, NEVER, world } from "../world.ts";

export const KINDS = ["csv", "function", "policy", "repo"] as const;
export type Kind = (typeof KINDS)[number];

/** Changes to a task's files: a text in place of a file, null to remove it, or pairs of what is replaced by what. */
export type Edits = Readonly<Record<string, string | null | readonly (readonly [string | RegExp, string])[]>>;

export interface CheckSettings {
  readonly seeds?: number;
  readonly compareRecorded?: boolean;
}

export interface Workshop extends AsyncDisposable {
  /** Where the tasks are. */
  readonly root: string;
  /** Lays out a task, spoilt by `edits`; its name. */
  scaffold(name: string, kind: Kind, edits?: Edits): Promise<string>;
  check(name: string, settings?: CheckSettings): Promise<TaskReport>;
  /** What the starter and the solutions score, with two seeds. */
  scored(name: string): Promise<readonly Scored[]>;
}

export async function workshop(): Promise<Workshop> {
  const here = await world();
  const root = path.join(await mkdtemp(path.join(tmpdir(), "nightshift-check-")), "tasks");
  async function checked(
    name: string,
    { seeds = 3, compareRecorded = true }: CheckSettings,
    forge: boolean,
    onScored: (scored: Scored) => void,
  ) {
    const task = await loadTask(root, name);
    const { backend, blobs } = here;
    const book = caseBook();
    const evaluator = here.judgeOver(backend, book.note);
    const decoder = new TextDecoder();
    const shown = task.workspace.filter((file) => file.path.endsWith(".csv"));
    const seen = { tables: shown.map(({ data }) => decoder.decode(data)), namesByTime: [] };
    const where = { evaluator, blobs, backend, clock, runId: "judge-tests", cases: book.cases, seen };
    const options = { ...where, seeds, compareRecorded, forge, onScored };
    return checkTask(task, await readSolutions(task), options, NEVER);
  }
  return {
    root,
    scaffold: (name, kind, edits = {}) => scaffoldTask(root, { name, kind, edits }),
    check: (name, settings = {}) => checked(name, settings, true, () => undefined),
    async scored(name) {
      const scored: Scored[] = [];
      await checked(name, { seeds: 2 }, false, (one) => scored.push(one));
      return scored;
    },
    [Symbol.asyncDispose]: async () => {
      await here[Symbol.asyncDispose]();
      await rm(path.dirname(root), { recursive: true, force: true });
    },
  };
}

/** Lays out a task below `root`, spoilt by `edits`; its name. */
export async function scaffoldTask(
  root: string,
  { name, kind, edits }: { readonly name: string; readonly kind: Kind; readonly edits: Edits },
): Promise<string> {
  const key = Buffer.from(name.padEnd(32, "k")).toString("hex");
  await newTask({ name, kind, tasksRoot: root, key });
  for (const [file, edit] of Object.entries(edits)) {
    const target = path.join(root, name, file);
    if (edit === null) await rm(target, { recursive: true });
    else if (typeof edit === "string") {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, edit);
    } else {
      let text = await readFile(target, "utf8");
      for (const [from, to] of edit) {
        const changed = text.replace(from, () => to);
        if (changed === text) throw new Error(`${file} has no ${from} to replace`);
        text = changed;
      }
      await writeFile(target, text);
    }
  }
  return name;
}

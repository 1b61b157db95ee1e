// Which files belong to the evaluation script: what it reads, what it imports, and what of that agents must not see.
import path from "node:path";
import type { TaskFile } from "../../core/task.ts";
import type { Findings } from "../findings.ts";
import type { TaskConfig } from "./config.ts";
import type { Scan } from "./scanSources.ts";

/** What only the judge may have (declared so, or data that the script reads and nothing else speaks of), and what the script reads besides. */
export function filesOfScript(
  config: TaskConfig,
  of: {
    readonly script: string;
    readonly starter: readonly TaskFile[];
    readonly data: readonly TaskFile[];
    readonly sources: Scan;
    readonly found: Findings;
  },
): { readonly secret: ReadonlySet<string>; readonly read: ReadonlySet<string> } {
  const { script, starter, data, sources, found } = of;
  const declared = new Set((config.secret_files ?? []).map((name) => path.posix.normalize(name)));
  const names = (file: string, texts: readonly string[]) => {
    const base = path.posix.basename(file);
    return texts.some((text) => text === base || text.endsWith(`/${base}`));
  };
  const others = starter.flatMap((file) => (file.path === script ? [] : (sources[file.path]?.texts ?? [])));
  const secret = new Set<string>();
  const read = new Set<string>();
  for (const file of [...starter, ...data]) {
    const isDeclared = declared.has(file.path) || declared.has(path.posix.basename(file.path));
    if (file.path === script) continue;
    const isRead = data.includes(file) && names(file.path, sources[script]?.texts ?? []);
    const isToldOf = names(file.path, others) || config.description.includes(path.posix.basename(file.path));
    if (isDeclared || (isRead && !isToldOf)) {
      secret.add(file.path);
      const why = isDeclared ? "declared secret" : "read by the evaluation script alone";
      found.notes.push(`${file.path} (${why}) is moved out of agents' sight`);
    } else if (isRead) {
      read.add(file.path);
      found.notes.push(`${file.path} is read by the evaluation script and seen by agents, as in MLGym`);
    }
  }
  return { secret, read };
}

/** Leaves out what has the content of a secret file under another name. */
export function withoutCopies(
  files: readonly TaskFile[],
  secret: readonly TaskFile[],
  { notes }: Findings,
): readonly TaskFile[] {
  return files.filter((file) => {
    const copy = secret.find(({ data }) => Buffer.compare(data, file.data) === 0 && data.byteLength > 0);
    if (copy !== undefined) notes.push(`${file.path} is left out: it is ${copy.path} word for word`);
    return copy === undefined;
  });
}

/** The script and the workspace's modules that it imports, directly or by way of each other. */
export function neededBy(script: string, workspace: readonly TaskFile[], sources: Scan): ReadonlySet<string> {
  const needed = new Set<string>();
  const visit = (file: string): void => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const name of sources[file]?.imports ?? []) {
      const place = moduleFile(name, workspace);
      if (place !== null) visit(place);
    }
  };
  visit(script);
  return needed;
}

function moduleFile(name: string, workspace: readonly TaskFile[]): string | null {
  const place = name.replaceAll(".", "/");
  const found = workspace.find((file) => file.path === `${place}.py` || file.path === `${place}/__init__.py`);
  return found?.path ?? null;
}

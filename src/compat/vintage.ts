// Which starter files a recorded run began with: those of the checkout, the same without their licence header, or others, of which only what the
// agent saw is known. MLGym's recordings are of two times, and only the files of the later one were published.
import type { TaskFile } from "../core/task.ts";
import { relocated } from "../importers/mlgym/relocate.ts";
import type { TrajStep } from "../importers/traj/trajFile.ts";
import { parseAction } from "./commands.ts";
import type { Fact } from "./facts.ts";
import { windowFacts } from "./recordedFacts.ts";

/** `checkout`: V2 of mlgym-facts; `withoutHeader` and `recorded`: V1. */
export type FileVintage = "checkout" | "withoutHeader" | "recorded";

export interface Vintage {
  /** V2 where every file seen is the checkout's, V1 where one is not; null where none was seen. */
  readonly name: "V1" | "V2" | null;
  /** The workspace as the run began with it. */
  readonly workspace: readonly TaskFile[];
  /** Files that were rebuilt from what the run itself showed: what it shows of them before they change is no evidence. */
  readonly rebuilt: ReadonlySet<string>;
  /** Files that the run never showed; in a V1 run nobody knows what was in them. */
  readonly unseen: ReadonlySet<string>;
}

const LICENCE_HEADER = /^"""\nCopyright[\s\S]*?"""\n+/;

/** Finds out what each starter file was, by the first whole window of it that the run shows before changing it. */
export function vintageOf(workspace: readonly TaskFile[], steps: readonly TrajStep[]): Vintage {
  const first = firstShown(steps);
  const rebuilt = new Set<string>();
  const unseen = new Set<string>();
  let isOld = false;
  const found = workspace.map((file): TaskFile => {
    const shown = first.get(file.path);
    if (shown === undefined) {
      unseen.add(file.path);
      return file;
    }
    const text = new TextDecoder().decode(file.data);
    if (isShown(text, shown)) return file;
    isOld = true;
    const bare = text.replace(LICENCE_HEADER, "");
    if (isShown(bare, shown)) return { ...file, data: new TextEncoder().encode(bare) };
    rebuilt.add(file.path);
    return { ...file, data: new TextEncoder().encode(`${shown.join("\n")}\n`) };
  });
  const files = isOld ? found.map((file) => (unseen.has(file.path) ? withoutHeader(file) : file)) : found;
  return { name: first.size === 0 ? null : isOld ? "V1" : "V2", workspace: files, rebuilt, unseen };
}

function withoutHeader(file: TaskFile): TaskFile {
  const text = new TextDecoder().decode(file.data);
  return LICENCE_HEADER.test(text)
    ? { ...file, data: new TextEncoder().encode(text.replace(LICENCE_HEADER, "")) }
    : file;
}

function isShown(text: string, shown: readonly string[]): boolean {
  return text.replace(/\n$/, "") === shown.join("\n");
}

/** Whole files by path, as they were first shown, unless they had been changed before. */
function firstShown(steps: readonly TrajStep[]): ReadonlyMap<string, readonly string[]> {
  const shown = new Map<string, readonly string[]>();
  const changed = new Set<string>();
  for (const { action, observation } of steps) {
    const facts = windowFacts(observation ?? "");
    const path = pathOf(facts);
    if (path === null) continue;
    const isChange = parseAction(action).some(
      ({ kind }) => kind !== "open" && kind !== "goto" && kind !== "create",
    );
    if (isChange) changed.add(path);
    const lines = wholeFile(facts);
    if (!shown.has(path) && !changed.has(path) && lines !== null) shown.set(path, lines.map(relocated));
  }
  return shown;
}

function pathOf(facts: readonly Fact[]): string | null {
  const header = facts.find((fact) => fact.class === "header");
  return header === undefined ? null : header.value.slice(0, header.value.lastIndexOf(", "));
}

/** The lines of the first window, where it shows the file from its first line to its last. */
function wholeFile(facts: readonly Fact[]): readonly string[] | null {
  const total = Number(
    facts
      .find((fact) => fact.class === "header")
      ?.value.split(", ")
      .at(-1),
  );
  const lines = facts.filter((fact) => fact.class === "line" && fact.key.startsWith("window 0,"));
  return lines.length === total ? lines.map(({ value }) => value) : null;
}

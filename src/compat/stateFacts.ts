// Open file and working directory before an action, as MLGym noted them for its prompt, and as they are now.
import type { TrajStep } from "../importers/traj/trajFile.ts";
import type { Fact } from "./facts.ts";
import { herePath } from "./paths.ts";

/** Open file and directory as MLGym noted them before the action; older notes have other members beside. */
export function recordedState(step: TrajStep): readonly Fact[] {
  const text = step.state ?? "";
  const member = (name: string) => new RegExp(`"${name}":\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(text)?.[1];
  const [file, folder] = [member("open_file"), member("working_dir")];
  return [
    ...(file === undefined ? [] : [{ class: "state", key: "open file", value: herePath(file) } as const]),
    ...(folder === undefined ? [] : [{ class: "state", key: "directory", value: herePath(folder) } as const]),
  ];
}

/** The same of now; nothing where the step has no note. */
export function stateNow(openFile: string | null, cwd: string, step: TrajStep): readonly Fact[] {
  if (step.state === null) return [];
  return [
    { class: "state", key: "open file", value: openFile ?? "n/a" },
    { class: "state", key: "directory", value: herePath(cwd) },
  ];
}

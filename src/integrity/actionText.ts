// What a shell action does to files, in words that detectors share.
import type { InspectedAction } from "./inspected.ts";

/** Where workspaces lie, here and in MLGym. */
const WORKSPACE = /^(?:\/work|\/home\/agent\/workspace)(?:\/|$)/;

/** A path as seen from `cwd`, relative to the workspace where it lies in it. */
export function relativePath(path: string, cwd: string): string {
  const parts: string[] = [];
  const isInside = WORKSPACE.test(path);
  const isAbsolute = path.startsWith("/") && !isInside;
  const from = path.startsWith("/") ? "" : cwd.replace(WORKSPACE, "");
  for (const part of `${from}/${isInside ? path.replace(WORKSPACE, "") : path}`.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return `${isAbsolute ? "/" : ""}${parts.join("/")}`;
}

/** Files that a shell action writes, replaces, moves or removes, relative to the workspace, with the command that does. */
export function filesWritten(
  action: InspectedAction,
): readonly { readonly path: string; readonly by: string }[] {
  const at = (path: string) => relativePath(path, action.cwd);
  return action.commands.flatMap(({ words, into }) => {
    const by = words.join(" ");
    const targets = [...into, ...targetsOf(words)];
    return targets.map((path) => ({ path: at(path), by: into.includes(path) ? `${by} > ${path}` : by }));
  });
}

function targetsOf(words: readonly string[]): readonly string[] {
  const [path = "", ...rest] = words;
  const program = path.split("/").at(-1) ?? "";
  const operands = rest.filter((word) => !word.startsWith("-"));
  const last = operands.at(-1);
  switch (program) {
    case "rm":
    case "unlink":
    case "shred":
    case "truncate":
    case "tee":
    case "touch":
      return operands;
    case "mv":
      return operands.length < 2 ? [] : [...operands.slice(0, -1), ...under(last, operands)];
    case "cp":
    case "ln":
    case "install":
      return operands.length < 2 ? [] : under(last, operands);
    case "sed":
    case "perl":
      return rest.some((word) => /^-\w*i|^--in-place/.test(word)) ? operands.slice(1) : [];
    case "patch":
      return operands.slice(0, 1);
    case "dd":
      return operands.flatMap((word) => (word.startsWith("of=") ? [word.slice(3)] : []));
    default:
      return [];
  }
}

/** `cp a b/` writes b/a; `cp a b` writes b. A folder without its slash cannot be told from a file: both are named. */
function under(last: string | undefined, operands: readonly string[]): readonly string[] {
  if (last === undefined) return [];
  const inside = operands
    .slice(0, -1)
    .map((source) => `${last.replace(/\/$/, "")}/${source.split("/").at(-1)}`);
  return last.endsWith("/") || last === "." ? inside : [last, ...inside];
}

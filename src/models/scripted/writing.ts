// How the agent puts a text into a file: as a whole by the shell, or the changed lines only by `sed` or the editor.
import type { Prng } from "../../core/prng.ts";

/** A command that writes a whole file; `then` follows it in the same command. */
export function writeWhole(path: string, text: string, then: string | null = null): string {
  const ended = text.endsWith("\n") ? text : `${text}\n`;
  return `cat > ${path} <<'EOF'\n${ended}EOF${then === null ? "" : `\n${then}`}`;
}

/** The one constant line in which two texts differ, as a `sed` command; null where they differ otherwise. */
export function changeConstant(path: string, before: string, after: string): string | null {
  const difference = differingLines(before, after);
  const [was, ...mores] = difference.removed;
  const [is, ...others] = difference.added;
  if (was === undefined || is === undefined || mores.length > 0 || others.length > 0) return null;
  const name = /^([A-Z_]+) = [^/'&\\]*$/.exec(is)?.[1];
  return name !== undefined && was.startsWith(`${name} = `)
    ? `sed -i 's/^${name} = .*/${is}/' ${path}`
    : null;
}

/** The editor command that turns one text of the open file into another; `slipped` names lines that do not exist. */
export function editLines(before: string, after: string, slipped: boolean, draw: Prng): string {
  const { first, removed, added } = differingLines(before, after);
  const beyond = slipped ? before.split("\n").length + 10 + draw.below(40) : 0;
  const body = added.map((line) => `${line}\n`).join("");
  if (removed.length === 0) return `insert ${first - 1 + beyond}\n${body}end_of_insert`;
  return `edit ${first + beyond}:${first + removed.length - 1 + beyond}\n${body}end_of_edit`;
}

/** The lines between the common beginning and end of two texts; `first` is the number of the first of them. */
export function differingLines(before: string, after: string) {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < Math.min(old.length, fresh.length) && old[start] === fresh[start]) start++;
  let end = 0;
  while (
    end < Math.min(old.length, fresh.length) - start &&
    old[old.length - 1 - end] === fresh[fresh.length - 1 - end]
  ) {
    end++;
  }
  return {
    first: start + 1,
    removed: old.slice(start, old.length - end),
    added: fresh.slice(start, fresh.length - end),
  };
}

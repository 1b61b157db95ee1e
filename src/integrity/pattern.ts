// Patterns in programs: how a name is put into one, and the line that it was found in.

/** A text as a part of a regular expression that means just it. */
export function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The first line in which a pattern is found; null where it is not. */
export function lineOf(text: string, pattern: RegExp): string | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const at = match.index + (match[0].length - match[0].trimStart().length);
  const from = text.lastIndexOf("\n", at) + 1;
  return text.slice(from).split("\n", 1)[0] ?? null;
}

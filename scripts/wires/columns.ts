// Texts side by side, as columns of fixed width.

/** Lines of all columns, each cut to `width`; the first line of a column is its head. */
export function columns(texts: readonly string[], width: number): string {
  const lists = texts.map((text) => text.split("\n").flatMap((line) => wrapped(line, width)));
  const height = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: height }, (_, at) =>
    lists
      .map((list) => (list[at] ?? "").padEnd(width))
      .join(" │ ")
      .trimEnd(),
  ).join("\n");
}

function wrapped(line: string, width: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at === 0 || at < line.length; at += width) pieces.push(line.slice(at, at + width));
  return pieces;
}

/** JSON over several lines with its long texts shortened, to show a form rather than a content. */
export function outline(value: unknown, textMax: number): string {
  const shortened = (_: string, member: unknown) => {
    if (typeof member !== "string" || member.length <= textMax) return member;
    return `${member.slice(0, textMax)}… (${member.length})`;
  };
  return JSON.stringify(value, shortened, 1);
}

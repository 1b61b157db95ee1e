// The known name nearest to a mistyped one, for complaints that suggest it. It knows nothing of what is being named.

/** Names longer than this are compared by their beginning: suggestions are for people's slips, not for hostile input. */
const NAME_CHARS_MAX = 64;
/** Known names that are listed where none is near. */
const LISTED_MAX = 12;

/**
 * The name within a quarter of the length (at least one, at most three slips) of what was typed, capitals aside; the first of the nearest;
 * null where none is near.
 */
export function nearestName(typed: string, names: Iterable<string>): string | null {
  const wanted = typed.slice(0, NAME_CHARS_MAX).toLowerCase();
  let nearest: string | null = null;
  let slipsMax = Math.min(3, Math.max(1, Math.floor(wanted.length / 4)));
  for (const name of names) {
    const known = name.slice(0, NAME_CHARS_MAX).toLowerCase();
    if (Math.abs(known.length - wanted.length) > slipsMax) continue;
    const slips = slipsBetween(wanted, known);
    if (slips > slipsMax || (nearest !== null && slips === slipsMax)) continue;
    nearest = name;
    slipsMax = slips;
  }
  return nearest;
}

/** What to do about an unknown name: `did you mean X?`, or the names there are, where none is near. */
export function suggestion(typed: string, names: readonly string[]): string {
  const near = nearestName(typed, names);
  if (near !== null) return `did you mean \`${near}\`?`;
  const listed = names.slice(0, LISTED_MAX);
  const rest = names.length - listed.length;
  if (listed.length === 0) return "there are none";
  return `there ${names.length === 1 ? "is" : "are"} ${listed.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Letters added, left out, changed, or swapped with their neighbour: Damerau–Levenshtein distance (optimal string alignment). */
export function slipsBetween(a: string, b: string): number {
  let twoAbove: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const here = [row];
    for (let column = 1; column <= b.length; column++) {
      const changed = at(above, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let least = Math.min(changed, at(above, column) + 1, at(here, column - 1) + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) least = Math.min(least, at(twoAbove, column - 2) + 1);
      here.push(least);
    }
    twoAbove = above;
    above = here;
  }
  return at(above, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

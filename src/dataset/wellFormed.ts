// Makes text fit for UTF-8. A model or program can put half a surrogate pair into a JSON string; a Parquet file cannot
// hold it, so it becomes U+FFFD here, before anything is hashed, and the row is flagged.

/** The same plain value with every lone surrogate in its strings and keys replaced. Returns the value itself if there is none. */
export function wellFormed<Value>(value: Value): Value;
export function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  if (Array.isArray(value)) return everyMember(value);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const clean = entries.map(([key, member]): [string, unknown] => [key.toWellFormed(), wellFormed(member)]);
  const same = clean.every(([key, member], index) => {
    const entry = entries[index];
    return entry !== undefined && entry[0] === key && entry[1] === member;
  });
  return same ? value : Object.fromEntries(clean);
}

function everyMember(items: readonly unknown[]): unknown {
  const clean = items.map((item) => wellFormed(item));
  return clean.every((item, index) => item === items[index]) ? items : clean;
}

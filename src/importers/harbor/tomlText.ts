// Writes plain values as TOML: scalars and arrays first, then one header for each table.

export type TomlValue =
  | string
  | number
  | boolean
  | readonly TomlValue[]
  | { readonly [key: string]: TomlValue };

/** A document. Tables are written under headers, arrays on one line; a table in an array is refused by a RangeError. */
export function tomlText(table: { readonly [key: string]: TomlValue }): string {
  const lines: string[] = [];
  write(table, [], lines);
  return `${lines.join("\n").trim()}\n`;
}

function write(
  table: { readonly [key: string]: TomlValue },
  above: readonly string[],
  lines: string[],
): void {
  if (above.length > 0) lines.push("", `[${above.map(keyText).join(".")}]`);
  const entries = Object.entries(table);
  for (const [key, value] of entries) {
    if (!isTable(value)) lines.push(`${keyText(key)} = ${valueText(value)}`);
  }
  for (const [key, value] of entries) if (isTable(value)) write(value, [...above, key], lines);
}

function valueText(value: TomlValue): string {
  if (typeof value === "string") return stringText(value);
  if (typeof value === "number") return numberText(value);
  if (typeof value === "boolean") return String(value);
  if (isTable(value)) throw new RangeError("a table in an array is not written here");
  return `[${value.map(valueText).join(", ")}]`;
}

/** JSON's escapes are TOML's, but for the one character that JSON leaves as it is. */
function stringText(value: string): string {
  return JSON.stringify(value.toWellFormed()).replaceAll("\u007f", "\\u007f");
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  // `1e21` and the like are floats in TOML, too.
  return String(value);
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : stringText(key);
}

function isTable(value: TomlValue): value is { readonly [key: string]: TomlValue } {
  return typeof value === "object" && !Array.isArray(value);
}

// TOML as task.toml files are written in it: read as plain data, dates and times as text, a fault told with its line.
import { parse, TomlDate, TomlError } from "smol-toml";
import { UserError } from "../../core/errors.ts";

/** Parses a document. Throws a UserError with the label and the line of the first fault. */
export function parseToml(text: string, label: string): unknown {
  try {
    return plain(parse(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = "it is no TOML"] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw new UserError(`${label}:${error.line}: ${what}`, { cause: error });
  }
}

function plain(value: unknown): unknown {
  if (value instanceof TomlDate) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

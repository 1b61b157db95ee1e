// Reads TOML 1.0 as plain data: what task.toml files are written in. Dates and times come as text. A fault is told with its line.
import { UserError } from "../../core/errors.ts";

export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable;
export interface TomlTable {
  [key: string]: TomlValue;
}

const DEPTH_MAX = 32;
const BARE_KEY = /[A-Za-z0-9_-]+/y;
const SPACES = /[ \t]*/y;
/** Everything up to the next line or value that may stand between the items of an array. */
const GAPS = /(?:[ \t\r\n]|#[^\n]*)*/y;
const LINE_END = /[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y;
const DATE =
  /\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|z|[+-]\d\d:\d\d)?)?|\d\d:\d\d:\d\d(?:\.\d+)?/y;
const INTEGER =
  /0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*|[+-]?(?:0|[1-9](?:_?\d)*)(?![\d.eE_])/y;
const FLOAT = /[+-]?(?:(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d(?:_?\d)*)?|inf|nan)/y;
const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};

/** Parses a document. Throws a UserError with the label and the line of the first fault. */
export function parseToml(text: string, label: string): TomlTable {
  const root = table();
  /** Tables that a header or an array of tables opened: each may be opened once. */
  const opened = new Set<TomlTable>();
  /** Inline tables and plain arrays are complete where they stand. */
  const closed = new Set<TomlValue>();
  let at = 0;
  let here = root;

  const fail = (what: string): never => {
    const line = text.slice(0, at).split("\n").length;
    throw new UserError(`${label}:${line}: ${what}`);
  };
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const take = (token: string): boolean => {
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  const expect = (token: string) => {
    if (!take(token)) fail(`${JSON.stringify(token)} is expected here`);
  };

  const keyPart = (): string => {
    if (text[at] === '"' || text[at] === "'") return string(false);
    return match(BARE_KEY) ?? fail("a key is expected here");
  };
  const keyPath = (): readonly string[] => {
    const parts = [keyPart()];
    match(SPACES);
    while (take(".")) {
      match(SPACES);
      parts.push(keyPart());
      match(SPACES);
    }
    return parts;
  };

  const string = (mayBeLong: boolean): string => {
    const quote = text[at] ?? "";
    const isLong = mayBeLong && text.startsWith(quote.repeat(3), at);
    const end = isLong ? quote.repeat(3) : quote;
    at += end.length;
    if (isLong && (take("\n") || take("\r\n"))) {
      // A line break right behind the opening is not part of the text.
    }
    let value = "";
    for (;;) {
      const char = text[at];
      if (char === undefined || (!isLong && (char === "\n" || char === "\r")))
        return fail("a text does not end");
      if (take(end)) {
        // Up to two quotes may stand right before the closing three.
        while (isLong && text[at] === quote) value += text[at++];
        return value;
      }
      if (quote === '"' && char === "\\") value += escaped(isLong);
      else {
        value += char;
        at += 1;
      }
    }
  };
  const escaped = (isLong: boolean): string => {
    at += 1;
    const char = text[at] ?? "";
    at += 1;
    const plain = ESCAPES[char];
    if (plain !== undefined) return plain;
    if (char === "u" || char === "U") {
      const digits = text.slice(at, at + (char === "u" ? 4 : 8));
      const code = /^[0-9A-Fa-f]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
      if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff))
        return fail(`\\${char}${digits} is no character`);
      at += digits.length;
      return String.fromCodePoint(code);
    }
    at -= 1;
    if (isLong && /^[ \t]*\r?\n/.test(text.slice(at))) {
      at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0;
      return "";
    }
    return fail(`\\${char} is no escape`);
  };

  const value = (depth: number): TomlValue => {
    if (depth > DEPTH_MAX) return fail("values are nested too deep");
    const char = text[at];
    if (char === '"' || char === "'") return string(true);
    if (char === "[") return array(depth);
    if (char === "{") return inlineTable(depth);
    if (take("true")) return true;
    if (take("false")) return false;
    const date = match(DATE);
    if (date !== null) return date;
    const number = match(INTEGER) ?? match(FLOAT);
    if (number === null) return fail("a value is expected here");
    return numberOf(number);
  };
  const array = (depth: number): TomlValue => {
    expect("[");
    const items: TomlValue[] = [];
    match(GAPS);
    while (!take("]")) {
      items.push(value(depth + 1));
      match(GAPS);
      if (!take(",")) {
        match(GAPS);
        expect("]");
        break;
      }
      match(GAPS);
    }
    closed.add(items);
    return items;
  };
  const inlineTable = (depth: number): TomlValue => {
    expect("{");
    const made = table();
    match(SPACES);
    if (!take("}")) {
      do {
        match(SPACES);
        pair(made, depth + 1);
        match(SPACES);
      } while (take(","));
      expect("}");
    }
    closed.add(made);
    return made;
  };

  const pair = (into: TomlTable, depth: number) => {
    const keys = keyPath();
    expect("=");
    match(SPACES);
    const last = keys.at(-1) ?? "";
    const target = descend(into, keys.slice(0, -1));
    if (opened.has(target) && target !== into) fail(`${keys.join(".")} belongs to a table that has a header`);
    if (Object.hasOwn(target, last)) fail(`${keys.join(".")} is set a second time`);
    put(target, last, value(depth));
  };
  /** The table at a path, made where it is not there; of an array of tables its last one. */
  const descend = (from: TomlTable, keys: readonly string[]): TomlTable => {
    let found = from;
    for (const key of keys) {
      const next = Object.hasOwn(found, key) ? found[key] : undefined;
      if (next === undefined) {
        const made = table();
        put(found, key, made);
        found = made;
        continue;
      }
      const last = Array.isArray(next) && !closed.has(next) ? next.at(-1) : next;
      if (!isTable(last) || closed.has(last)) return fail(`${key} is not a table that can be added to`);
      found = last;
    }
    return found;
  };
  const header = () => {
    const isArray = take("[[");
    if (!isArray) expect("[");
    match(SPACES);
    const keys = keyPath();
    expect(isArray ? "]]" : "]");
    const last = keys.at(-1) ?? "";
    const parent = descend(root, keys.slice(0, -1));
    if (!isArray) {
      here = descend(parent, [last]);
      if (opened.has(here)) fail(`[${keys.join(".")}] is there a second time`);
      opened.add(here);
      return;
    }
    const made = table();
    const list = Object.hasOwn(parent, last) ? parent[last] : undefined;
    if (list === undefined) put(parent, last, [made]);
    else if (isList(list) && !closed.has(list)) put(parent, last, [...list, made]);
    else fail(`[[${keys.join(".")}]]: it is no array of tables`);
    here = made;
    opened.add(made);
  };

  while (at < text.length) {
    match(SPACES);
    if (match(LINE_END) !== null) continue;
    if (text[at] === "[") header();
    else pair(here, 0);
    if (match(LINE_END) === null) fail("the line goes on where it should end");
  }
  return root;
}

function numberOf(text: string): number {
  const plain = text.replaceAll("_", "");
  const [, sign = "", word] = /^([+-]?)(inf|nan)$/.exec(plain) ?? [];
  if (word === "nan") return Number.NaN;
  if (word === "inf") return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(plain);
}

/** Without a prototype: a key may be called anything. */
function table(): TomlTable {
  return Object.create(null);
}

function put(into: TomlTable, key: string, value: TomlValue): void {
  into[key] = value;
}

function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value);
}

function isList(value: TomlValue): value is readonly TomlValue[] {
  return Array.isArray(value);
}

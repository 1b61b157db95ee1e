// Takes known secrets out of text: in whatever common encoding they come, in one pass, with a mark that names them and never shows them.
// It knows what is secret only by being told; where secrets are found out is compose's business.

/** A key, token or password, and what it is called where it is taken out. */
export interface Secret {
  /** The variable or file that it comes from. Never a part of it. */
  readonly name: string;
  readonly value: string;
}

/** Shorter ones are refused as too common: they would take ordinary words out. */
export const SECRET_CHARS_MIN = 8;
/** Of a secret that a cut has left only the end or the beginning of, so much is taken out too. */
const PIECE_CHARS_MIN = 12;
/** Lines of a secret of several lines (a private key) that count alone. */
const LINE_CHARS_MIN = 24;
/** How a capped text says where it was cut: `src/env/capText.ts` and `src/sandbox/supervisor.py` write it. */
const CUT = /\n\[\.\.\. \d+ bytes left out \.\.\.\]\n/g;
const TABLE_SIZE = 4096;

interface Form {
  readonly text: string;
  readonly mark: string;
}

/**
 * A function that replaces every occurrence of the given secrets with `[redacted:NAME]`: as they are, escaped as JSON once and twice, in
 * URLs and HTML, in hexadecimal, and in base64 wherever in a longer text they stand; and pieces of 12 characters and more that a cut has
 * left at an end of the text or beside the line that says how much was left out. What it returns holds none of them: calling it again
 * changes nothing. Secrets under 8 characters are refused.
 */
export function redactor(secrets: readonly Secret[]): (text: string) => string {
  const forms = formsOf(secrets);
  if (forms.length === 0) return (text) => text;
  const find = finder(forms);
  return (text) => atCuts(replaced(text, find), forms);
}

/** A function that says which of the secrets occurs first in some bytes, in any form; null where none does. */
export function secretIn(secrets: readonly Secret[]): (bytes: Uint8Array) => string | null {
  const forms = formsOf(secrets);
  if (forms.length === 0) return () => null;
  const find = finder(forms);
  const overlap = Math.max(...forms.map(({ text }) => text.length));
  return (bytes) => {
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let from = 0; from < data.length; from += WINDOW_BYTES) {
      // Keys are ASCII, so that a byte is a character.
      const found = find(data.toString("latin1", from, from + WINDOW_BYTES + overlap), 0);
      if (found !== null) return found.form.mark.slice(MARK_BEFORE.length, -1);
    }
    return null;
  };
}

const WINDOW_BYTES = 1_048_576;
const MARK_BEFORE = "[redacted:";

interface Found {
  readonly at: number;
  readonly form: Form;
}
type Find = (text: string, from: number) => Found | null;

/** All ways to write the secrets, the longest first; of two names for one text the first by the alphabet. */
function formsOf(secrets: readonly Secret[]): readonly Form[] {
  const forms = new Map<string, Form>();
  const sorted = secrets.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, value } of sorted) {
    for (const text of [value.trim(), ...longLines(value)].flatMap(writtenAs)) {
      if (text.length >= SECRET_CHARS_MIN && !forms.has(text)) {
        forms.set(text, { text, mark: `${MARK_BEFORE}${name}]` });
      }
    }
  }
  return [...forms.values()].sort((a, b) => b.text.length - a.text.length);
}

/** A private key is shown line by line as often as whole. */
function longLines(value: string): readonly string[] {
  const lines = value.trim().split(/\r?\n/);
  return lines.length === 1
    ? []
    : lines.filter((line) => line.length >= LINE_CHARS_MIN && !line.startsWith("-----"));
}

function writtenAs(secret: string): readonly string[] {
  if (secret.length < SECRET_CHARS_MIN) return [];
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret.toWellFormed());
  const hex = Buffer.from(secret, "utf8").toString("hex");
  const plain = [
    secret,
    json,
    JSON.stringify(json).slice(1, -1),
    url,
    url.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    url.replaceAll("%20", "+"),
    htmlEscaped(secret),
    ...base64Cores(secret),
  ];
  const escapedSlashes = plain
    .filter((text) => text.includes("/"))
    .map((text) => text.replaceAll("/", "\\/"));
  return [...plain, ...escapedSlashes, hex, hex.toUpperCase()];
}

function htmlEscaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/**
 * What base64 makes of a secret whatever stands before and after it: three bytes become four characters, so there are three ways to begin,
 * and the characters at either end that a neighbour's bits share are left away.
 */
function base64Cores(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, "utf8");
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor(((shift + bytes.length) * 8) / 6);
    const core = encoded.slice(from, to);
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/**
 * Finds the first of many texts: the set-wise form of Boyer and Moore's search by Wu and Manber (TR-94-17, University of Arizona, 1994), with
 * blocks of two characters. Most of a text is passed over in jumps of about the shortest form's length.
 */
function finder(forms: readonly Form[]): Find {
  const window = Math.min(...forms.map(({ text }) => text.length));
  const shifts = new Uint8Array(TABLE_SIZE).fill(Math.min(255, window - 1));
  const buckets = new Map<number, Form[]>();
  for (const form of forms) {
    for (let end = 1; end < window; end++) {
      const block = blockAt(form.text, end);
      shifts[block] = Math.min(shifts[block] ?? 0, window - 1 - end);
    }
    const last = blockAt(form.text, window - 1);
    const bucket = buckets.get(last);
    // Forms come longest first, and are tried in that order.
    if (bucket === undefined) buckets.set(last, [form]);
    else bucket.push(form);
  }
  return (text, from) => {
    for (let end = from + window - 1; end < text.length; ) {
      const block = blockAt(text, end);
      const shift = shifts[block] ?? 0;
      if (shift > 0) {
        end += shift;
        continue;
      }
      const at = end - window + 1;
      const form = buckets.get(block)?.find((one) => text.startsWith(one.text, at));
      if (form !== undefined) return { at, form };
      end += 1;
    }
    return null;
  };
}

function blockAt(text: string, end: number): number {
  return (text.charCodeAt(end - 1) * 31 + text.charCodeAt(end)) & (TABLE_SIZE - 1);
}

function replaced(text: string, find: Find): string {
  let found = find(text, 0);
  if (found === null) return text;
  const pieces: string[] = [];
  let from = 0;
  for (; found !== null; found = find(text, from)) {
    pieces.push(text.slice(from, found.at), found.form.mark);
    from = found.at + found.form.text.length;
  }
  pieces.push(text.slice(from));
  return pieces.join("");
}

/** Takes out what a cut has left of a secret, at both ends of the text and on both sides of each cut within it. */
function atCuts(text: string, forms: readonly Form[]): string {
  if (text.length < PIECE_CHARS_MIN) return text;
  if (!text.includes(" bytes left out ...]")) return trimmed(text, forms);
  const pieces: string[] = [];
  let from = 0;
  for (const cut of text.matchAll(CUT)) {
    pieces.push(trimmed(text.slice(from, cut.index), forms), cut[0]);
    from = cut.index + cut[0].length;
  }
  return [...pieces, trimmed(text.slice(from), forms)].join("");
}

function trimmed(text: string, forms: readonly Form[]): string {
  const most = forms[0]?.text.length ?? 0;
  const head = text.slice(0, most);
  const tail = text.slice(-most);
  let start = { length: 0, mark: "" };
  let end = { length: 0, mark: "" };
  for (const { text: form, mark } of forms) {
    if (form.length <= PIECE_CHARS_MIN) break;
    const ends = head.indexOf(form.slice(-PIECE_CHARS_MIN));
    const length = ends + PIECE_CHARS_MIN;
    if (ends >= 0 && form.endsWith(head.slice(0, length)) && length > start.length) start = { length, mark };
    const begins = tail.lastIndexOf(form.slice(0, PIECE_CHARS_MIN));
    const left = tail.length - begins;
    if (begins >= 0 && form.startsWith(tail.slice(begins)) && left > end.length) end = { length: left, mark };
  }
  if (start.length + end.length === 0) return text;
  // The two can only meet where the whole text is a piece of one secret.
  const to = Math.max(start.length, text.length - end.length);
  return `${start.mark}${text.slice(start.length, to)}${to === start.length && start.length > 0 ? "" : end.mark}`;
}

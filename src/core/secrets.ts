// The secrets of this process: told by whoever reads a key, asked by whatever writes text down or shows it to a model.
import { redactor, SECRET_CHARS_MIN, secretIn } from "./redact.ts";

export interface Secrets {
  /**
   * From now on this value is taken out of everything. Of an address with credentials it is the credentials that are. Values under 8
   * characters are passed over.
   */
  add(name: string, value: string | null | undefined): void;
  /** The text without any of them, each replaced by `[redacted:NAME]`. */
  redact(text: string): string;
  /** A value of JSON's kinds with every string in it redacted; itself where nothing was found. Hashes are left alone. */
  redactValue<T>(value: T): T;
  /** The name of a secret that these bytes hold; null where they hold none. */
  foundIn(bytes: Uint8Array): string | null;
}

/** Keys of records: a secret that is a few digits must not tear them. */
const HASH = /^[0-9a-f]{32,128}$/;

/** Knows none at first. */
export function createSecrets(): Secrets {
  const known = new Map<string, string>();
  let redact = redactor([]);
  let foundIn = secretIn([]);
  const addOne = (name: string, value: string) => {
    if (value.trim().length < SECRET_CHARS_MIN || known.has(value)) return;
    known.set(value, name);
    const secrets = [...known].map(([text, itsName]) => ({ name: itsName, value: text }));
    redact = redactor(secrets);
    foundIn = secretIn(secrets);
  };
  const redactText = (text: string) => redact(text);
  return {
    add(name, value) {
      if (value === null || value === undefined) return;
      const credentials = credentialsOf(value);
      if (credentials === null) addOne(name, value);
      else for (const part of credentials) addOne(name, part);
    },
    redact: redactText,
    redactValue: (value) => redactedValue(value, redactText),
    foundIn: (bytes) => foundIn(bytes),
  };
}

/** None, for what has no keys: tests, and tools that call nobody. */
export const NO_SECRETS: Secrets = {
  add: () => {},
  redact: (text) => text,
  redactValue: (value) => value,
  foundIn: () => null,
};

/** What is secret in an address: its password and what precedes its host, as written and decoded; null for what is no address with any. */
function credentialsOf(value: string): readonly string[] | null {
  const inAddress = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(value.trim());
  const [, userinfo] = inAddress ?? [];
  if (userinfo === undefined) return null;
  const password = userinfo.slice(userinfo.indexOf(":") + 1);
  return [userinfo, password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function redactedValue<T>(value: T, redact: (text: string) => string): T;
function redactedValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return HASH.test(value) ? value : redact(value);
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    // Token ids and log-probabilities: thousands of numbers and nothing else.
    if (typeof list[0] === "number") return value;
    const clean = list.map((item) => redactedValue(item, redact));
    return clean.some((item, index) => item !== list[index]) ? clean : value;
  }
  // Typed arrays and other classes hold no text.
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  let changed = false;
  const entries = Object.entries(value).map(([key, item]: readonly [string, unknown]) => {
    const cleanKey = HASH.test(key) ? key : redact(key);
    const clean = redactedValue(item, redact);
    if (cleanKey !== key || clean !== item) changed = true;
    return [cleanKey, clean] as const;
  });
  return changed ? Object.fromEntries(entries) : value;
}

// Which environment variables hold secrets, by their names and by what their values cannot be.

const SECRET_WORDS = new Set(
  [
    "key",
    "keys",
    "token",
    "tokens",
    "secret",
    "secrets",
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "pass",
  ].concat(
    [
      "credential",
      "credentials",
      "auth",
      "authtoken",
      "apikey",
      "accesskey",
      "secretkey",
      "privatekey",
      "pat",
      "cookie",
    ],
    ["webhook"],
  ),
);
/** Names that end so say where something lies, or how something is, and not what it is. */
const NO_SECRET_ENDS = new Set([
  "sock",
  "path",
  "file",
  "dir",
  "folder",
  "home",
  "name",
  "type",
  "url",
  "host",
  "port",
]);
const WORD_CHARS_MIN = 16;
const DISTINCT_CHARS_MIN = 5;

/** Whether a variable's name says that its value is a key, a token or a password: `HF_TOKEN`, `npm_config__authToken`, `DB_PASSWORD`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  const last = words.at(-1) ?? "";
  if (words.includes("webhook")) return true;
  return !NO_SECRET_ENDS.has(last) && words.some((word) => SECRET_WORDS.has(word));
}

/**
 * Whether the value of a variable with such a name can be one. What is short, a plain word, a small number, a path or a plain setting is
 * not: taking `true` or `/home/me` out of every text would hide nothing and spoil much.
 */
export function canBeSecret(value: string): boolean {
  const text = value.trim();
  if (text.length < 8 || new Set(text).size < DISTINCT_CHARS_MIN) return false;
  if (/^(?:~|\.{0,2})\/[\w.@+-]+(?:\/[\w.@+-]*)+$/.test(text) && !/[A-Z].*\d|\d.*[A-Z]/.test(text))
    return false;
  return text.length >= WORD_CHARS_MIN || !/^(?:[a-z]+|[A-Z]+|[0-9]+|[0-9a-f]+)$/.test(text);
}

/** Whether a value is an address with credentials, whatever its variable is called: proxies and package indexes. */
export function hasCredentials(value: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*:[^/?#\s]+@/i.test(value.trim());
}

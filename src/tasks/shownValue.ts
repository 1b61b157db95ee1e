// A user's value as a complaint may repeat it: short, and never a secret.

const VALUE_CHARS_MAX = 60;
/** Keys whose values are not repeated: who puts a key where its variable's name belongs must not find it in a log. */
const SECRET_KEY = /key|secret|passw|authorization|bearer|credential|webhook/i;
const CREDENTIALS = /(\/\/)[^/\s@]*@/g;

/** True where a value under these keys may be a secret by their names. */
export function isSecretPath(path: readonly PropertyKey[]): boolean {
  return path.some((part) => typeof part === "string" && SECRET_KEY.test(part));
}

/** Text without what stands for user and password in addresses. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(CREDENTIALS, "$1…@");
}

/** The value at `path` in at most about sixty characters; what is long, nested or may be a secret is named by its kind. */
export function shownValue(value: unknown, path: readonly PropertyKey[]): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a mapping of keys";
  if (isSecretPath(path)) return "what stands there (not shown: it may be a secret)";
  const text = typeof value === "string" ? JSON.stringify(withoutCredentials(value)) : String(value);
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;
}

/** A `key=value` setting as a complaint may repeat it. */
export function shownSetting(setting: string): string {
  const split = setting.indexOf("=");
  const key = split < 0 ? setting : setting.slice(0, split);
  if (split >= 0 && isSecretPath([key])) return `${key}=…`;
  const text = withoutCredentials(setting);
  return text.length > 2 * VALUE_CHARS_MAX ? `${text.slice(0, 2 * VALUE_CHARS_MAX)}…` : text;
}

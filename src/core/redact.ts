// Keeps keys out of logs, journals and datasets: whatever is written in words passes through here.

const MARK = "[redacted]";
const SECRET_BYTES_MIN = 8;

/** A function that replaces every occurrence of the given secrets. Secrets under 8 characters are refused as too common. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= SECRET_BYTES_MIN);
  return (text) => known.reduce((clean, secret) => clean.replaceAll(secret, MARK), text);
}

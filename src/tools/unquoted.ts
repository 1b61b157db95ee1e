// The text after a command's name, as one argument: quotes around the whole of it are not part of it.

/** Trims the text and takes off a pair of equal quotes around it, where the same quote does not occur within. */
export function unquoted(rest: string): string {
  const text = rest.trim();
  const quote = text.charAt(0);
  const inner = text.slice(1, -1);
  const isQuoted =
    (quote === '"' || quote === "'") && text.length > 1 && text.endsWith(quote) && !inner.includes(quote);
  return (isQuoted ? inner : text).trim();
}

// Whether a URL may be asked for at all, before any name is looked up: its scheme, its host on the allow-list, nothing hidden in it.
import { isIP } from "node:net";

const SCHEMES = ["https:", "http:"];

/** `name` or `name:port`, in the form in which a URL's host is compared. */
export type AllowedHost = string;

/** The URL, parsed; a string says why it may not be asked for, in words for whoever wrote it. */
export function allowedUrl(text: string, hosts: readonly AllowedHost[]): URL | string {
  const url = parseUrl(text);
  if (url === null) return "That is not a URL.";
  if (!SCHEMES.includes(url.protocol)) return `Only http and https URLs can be read, not ${url.protocol}`;
  if (url.username !== "" || url.password !== "")
    return "A URL with a user name or a password is not asked for.";
  // The parser has turned decimal, octal, hexadecimal and short spellings into plain addresses by now.
  if (isAddress(url.hostname)) return "A URL must name its host; an address is not asked for.";
  if (!hosts.includes(url.host))
    return `The host ${shown(url.host)} is not on the list of hosts that can be read.`;
  return url;
}

/** Blanks and control characters are refused before the parser can drop them: what is shown is what is asked for. */
function parseUrl(text: string): URL | null {
  for (const char of text) if (char <= " " || char === "\u007f" || char === "\\") return null;
  return URL.canParse(text) ? new URL(text) : null;
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || isIP(hostname) !== 0;
}

const SHOWN_CHARACTERS = 100;

function shown(host: string): string {
  return host.length > SHOWN_CHARACTERS ? `${host.slice(0, SHOWN_CHARACTERS)}…` : host;
}

/** A host as an allow-list holds it: a name of at least two parts, with a port where it is not the scheme's own; null for anything else. */
export function hostOf(text: string): AllowedHost | null {
  if (!/^[a-z0-9.-]+(?::\d{1,5})?$/i.test(text)) return null;
  const url = parseUrl(`http://${text}/`);
  if (url === null || isAddress(url.hostname) || url.hostname.endsWith(".")) return null;
  const labels = url.hostname.split(".");
  const isName =
    labels.length > 1 && labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  return isName ? url.host : null;
}

// Who may talk to the service: a bearer token, and on loopback without one a check that no web page in a browser is talking.
import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { sha256 } from "../core/hash.ts";
import { Refusal } from "./refusal.ts";

/** Shorter tokens can be guessed. */
export const TOKEN_CHARS_MIN = 16;

/** Throws Refusal UNAUTHORIZED or FORBIDDEN for a request that may not go on. */
export type Guard = (headers: IncomingHttpHeaders) => void;

/**
 * With a token, every request brings it: `Authorization: Bearer TOKEN`, or Basic with it as the password, for clients that can only
 * write it into the address. Without one (only on loopback) the `Host` must be a loopback name, so that a name which somebody else's
 * DNS server points here is refused. Either way a page of another origin is.
 */
export function guard(token: string | null): Guard {
  return (headers) => {
    refuseOtherOrigins(headers);
    if (token === null) refuseOtherHosts(headers);
    else if (!isSame(tokenOf(headers.authorization ?? ""), token)) {
      throw new Refusal("UNAUTHORIZED", "this server wants its token: send `Authorization: Bearer TOKEN`");
    }
  };
}

/** True for a name or address that no other machine can reach. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

/** Compares in a time that does not depend on where two texts differ. */
function isSame(given: string, token: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(token)));
}

function tokenOf(authorization: string): string {
  const [, scheme = "", value = ""] = /^(\S+) +(\S+)\s*$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() !== "basic") return "";
  const [, password = ""] = /^[^:]*:(.*)$/s.exec(Buffer.from(value, "base64").toString("utf8")) ?? [];
  return password;
}

/** Browsers name the page's origin; programs send none. */
function refuseOtherOrigins({ origin, host = "" }: IncomingHttpHeaders): void {
  if (origin === undefined) return;
  const url = URL.canParse(origin) ? new URL(origin) : null;
  if (url !== null && url.host === host.toLowerCase()) return;
  throw new Refusal("FORBIDDEN", "requests of a web page from another origin are refused");
}

function refuseOtherHosts({ host = "" }: IncomingHttpHeaders): void {
  const name = host.replace(/:\d+$/, "");
  if (isLoopback(name)) return;
  throw new Refusal(
    "FORBIDDEN",
    `the Host ${JSON.stringify(host.slice(0, 100))} is no loopback name; use 127.0.0.1 or localhost, or start the server with a token`,
  );
}

// Content hashes: every key in the system is the SHA-256 of a canonical text, in lower-case hex.
import { createHash } from "node:crypto";
import { canonicalJson } from "./json.ts";

/** SHA-256 of bytes or UTF-8 text, 64 hex digits. For small inputs: large data is hashed off the event loop. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** The hash of a value under a named domain, so that equal values of different kinds never share a key. */
export function hashOf(kind: string, value: unknown): string {
  return sha256(`nightshift/${kind}\n${canonicalJson(value)}`);
}

/** A non-negative 48-bit integer drawn from a hash: the seed of whatever must be random but repeatable. */
export function seedOf(kind: string, value: unknown): number {
  return Number.parseInt(hashOf(kind, value).slice(0, 12), 16);
}

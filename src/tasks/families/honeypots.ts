// Which instances of a family are honeypots: a share of its seeds, drawn by a hash, so that it is the same everywhere and for ever.
import { hashOf } from "../../core/hash.ts";
import type { Family } from "./loadFamily.ts";

const DRAW_DIGITS = 8;
const DRAWS = 16 ** DRAW_DIGITS;

/** Whether the instance of this seed is a honeypot. Raising the share makes more of them and keeps those there were. */
export function isHoneypot(
  { id, file }: Pick<Family, "id"> & { file: Pick<Family["file"], "honeypots"> },
  seed: number,
): boolean {
  const drawn = Number.parseInt(hashOf("honeypot", { family: id, seed }).slice(0, DRAW_DIGITS), 16);
  return drawn < file.honeypots * DRAWS;
}

// Texts as words and runs of words, hashed to 32 bits: what near duplicates and contamination are found by.

/** Words in small letters: runs of letters, digits and underscores. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}

/** FNV-1a over UTF-16 units, finished so that near texts lie far apart. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return mixed(hash);
}

/** A bijection of 32-bit numbers whose bits depend on all bits. */
export function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Hash of each run of `count` words, in order; one of all words where there are fewer and `short` says so. */
export function shingles(words: readonly string[], count: number, short: "whole" | "none"): Iterable<number> {
  const hashes = words.map(hash32);
  if (hashes.length === 0) return [];
  if (hashes.length < count) return short === "whole" ? [runHash(hashes, 0, hashes.length)] : [];
  return runs(hashes, count);
}

function* runs(hashes: readonly number[], count: number): Generator<number> {
  for (let from = 0; from + count <= hashes.length; from++) yield runHash(hashes, from, count);
}

function runHash(hashes: readonly number[], from: number, count: number): number {
  let hash = 0;
  for (let at = from; at < from + count; at++) hash = mixed(Math.imul(hash, 31) ^ (hashes[at] ?? 0));
  return hash;
}

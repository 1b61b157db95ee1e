// Near duplicates by MinHash with banded lookup: the first of a kind stays, whoever is nearly the same later points to it.
import type { NearDuplicates } from "./rules.ts";
import { mixed, shingles, wordsOf } from "./words.ts";

/** A signature of a row that stayed, with the row's id. */
interface Known {
  readonly id: string;
  readonly signature: Uint32Array;
}

export interface Near {
  readonly id: string;
  /** Estimated share of shingles in common, 0 to 1. */
  readonly likeness: number;
}

export interface NearDuplicateIndex {
  /** The earliest row that is nearly the same; null where there is none, and then this one is known from now on. */
  add(id: string, text: string): Near | null;
}

/**
 * Keeps one signature (4 bytes a permutation) and a place in each band for every row that stayed. A text without words is near to
 * nothing.
 */
export function nearDuplicateIndex(rule: NearDuplicates): NearDuplicateIndex {
  const { permutations, bands, threshold, shingleWords } = rule;
  const perBand = permutations / bands;
  const buckets = Array.from({ length: bands }, () => new Map<number, Known[]>());
  const seeds = Uint32Array.from({ length: permutations }, (_, index) => mixed(index * 2 + 1));
  return {
    add: (id, text) => {
      const signature = signatureOf(new Set(shingles(wordsOf(text), shingleWords, "whole")), seeds);
      if (signature === null) return null;
      const keys = buckets.map((_, band) => bandKey(signature, band * perBand, perBand));
      const seen = new Set<Known>();
      let best: Near | null = null;
      for (const [band, bucket] of buckets.entries()) {
        for (const known of bucket.get(keys[band] ?? 0) ?? []) {
          if (seen.has(known)) continue;
          seen.add(known);
          const likeness = likenessOf(signature, known.signature);
          // Rows are added in key order: of those near enough, the least key is the earliest.
          if (likeness >= threshold && (best === null || known.id < best.id))
            best = { id: known.id, likeness };
        }
      }
      if (best !== null) return best;
      const known = { id, signature };
      for (const [band, bucket] of buckets.entries()) {
        const key = keys[band] ?? 0;
        const there = bucket.get(key);
        if (there === undefined) bucket.set(key, [known]);
        else there.push(known);
      }
      return null;
    },
  };
}

/** The least of the shingles under each permutation; null without shingles. */
function signatureOf(found: ReadonlySet<number>, seeds: Uint32Array): Uint32Array | null {
  if (found.size === 0) return null;
  const signature = new Uint32Array(seeds.length).fill(0xffffffff);
  for (const shingle of found) {
    for (let at = 0; at < seeds.length; at++) {
      const value = mixed(shingle ^ (seeds[at] ?? 0));
      if (value < (signature[at] ?? 0)) signature[at] = value;
    }
  }
  return signature;
}

function bandKey(signature: Uint32Array, from: number, count: number): number {
  let key = 0;
  for (let at = from; at < from + count; at++) key = mixed(Math.imul(key, 31) ^ (signature[at] ?? 0));
  return key;
}

function likenessOf(a: Uint32Array, b: Uint32Array): number {
  let same = 0;
  for (let at = 0; at < a.length; at++) if (a[at] === b[at]) same++;
  return same / a.length;
}

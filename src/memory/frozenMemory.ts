// Finds the notes that bear on a query, by words: BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, eq. 3.15)
// with the never negative inverse document frequency ln(1 + (N − n + 0.5) / (n + 0.5)). No server, no model, the same order everywhere.
import type { FrozenMemory } from "../core/host.ts";
import type { Note } from "./notes.ts";

/** Usual values of the two parameters (the same paper, section 3.3): how soon repetition stops counting, and how much length counts. */
const K1 = 1.2;
const B = 0.75;
/** Words of a query that count; the rest is left out. */
const QUERY_TERMS_MAX = 64;
/** Scores nearer to each other than this are equal, and then the earlier note comes first. */
const SCORE_DIGITS = 9;

interface Posting {
  readonly note: number;
  readonly count: number;
}

/** Indexes the notes once; what is found later depends on them and the query alone. */
export function frozenMemory(notes: readonly Note[]): FrozenMemory {
  const postings = new Map<string, Posting[]>();
  const lengths = notes.map(({ text }, note) => {
    const terms = termsOf(text);
    for (const [term, count] of counted(terms)) {
      const found = postings.get(term);
      if (found === undefined) postings.set(term, [{ note, count }]);
      else found.push({ note, count });
    }
    return terms.length;
  });
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);

  const scoresOf = (query: string): ReadonlyMap<number, number> => {
    const scores = new Map<number, number>();
    for (const term of new Set(termsOf(query).slice(0, QUERY_TERMS_MAX))) {
      const having = postings.get(term) ?? [];
      const rarity = Math.log(1 + (notes.length - having.length + 0.5) / (having.length + 0.5));
      for (const { note, count } of having) {
        const length = (lengths[note] ?? 0) / meanLength;
        const weight = (count * (K1 + 1)) / (count + K1 * (1 - B + B * length));
        scores.set(note, (scores.get(note) ?? 0) + rarity * weight);
      }
    }
    return scores;
  };

  return {
    noteCount: notes.length,
    find(query, most) {
      const ranked = [...scoresOf(query)].map(([note, score]) => ({
        note,
        score: Number(score.toFixed(SCORE_DIGITS)),
      }));
      ranked.sort((a, b) => b.score - a.score || a.note - b.note);
      return ranked.slice(0, most).flatMap(({ note }) => {
        const found = notes[note];
        return found === undefined ? [] : [{ text: found.text, task: found.task }];
      });
    },
  };
}

/** Runs of letters and digits, without regard to case or to the compatibility forms of Unicode (full-width letters, ligatures). */
export function termsOf(text: string): readonly string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

function counted(terms: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

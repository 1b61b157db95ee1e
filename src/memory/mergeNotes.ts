// Joins what rollouts wrote down to a memory, for the next epoch: in order, each note once, within the bounds of a memory file.
import { MEMORY_BYTES_MAX, NOTES_MAX, type Note, notesText } from "./notes.ts";

export interface MergedNotes {
  readonly notes: readonly Note[];
  /** New ones that stand in `notes`. */
  readonly addedCount: number;
  /** New ones that say, but for blanks and case, what an earlier one says. */
  readonly repeatedCount: number;
  /** The oldest ones, which gave way. */
  readonly droppedCount: number;
}

/** `written` goes behind `held`, in its order. Merging the same notes again changes nothing, unless they had given way. */
export function mergeNotes(
  held: readonly Note[],
  written: readonly Note[],
  most: { readonly notes: number; readonly bytes: number } = { notes: NOTES_MAX, bytes: MEMORY_BYTES_MAX },
): MergedNotes {
  const said = new Set(held.map(({ text }) => sameness(text)));
  const added = written.filter(({ text }) => {
    const before = said.size;
    return said.add(sameness(text)).size > before;
  });
  const all = [...held, ...added];
  const notes = newest(all, most);
  const droppedCount = all.length - notes.length;
  return {
    notes,
    addedCount: Math.min(added.length, notes.length),
    repeatedCount: written.length - added.length,
    droppedCount,
  };
}

function sameness(text: string): string {
  return text.normalize("NFKC").toLowerCase().replaceAll(/\s+/g, " ").trim();
}

/** As many of the last notes as fit. */
function newest(
  notes: readonly Note[],
  most: { readonly notes: number; readonly bytes: number },
): readonly Note[] {
  let bytes = 0;
  let first = notes.length;
  for (const note of notes.toReversed()) {
    bytes += Buffer.byteLength(notesText([note]));
    if (bytes > most.bytes || notes.length - first === most.notes) break;
    first--;
  }
  return notes.slice(first);
}

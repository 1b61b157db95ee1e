// A memory file: one note a line, as JSON. Notes of earlier rollouts, or a person's, that an agent may read and never change.
import { z } from "zod";
import { errorText, UserError } from "../core/errors.ts";
import { hashOf } from "../core/hash.ts";

/** Longest note, in UTF-16 units: a finding, not a file. */
export const NOTE_CHARACTERS_MAX = 2_000;
/** Most notes of a memory: an agent reads a few at a time, and the index of all of them stays in memory. */
export const NOTES_MAX = 5_000;
/** Most bytes of a memory file. */
export const MEMORY_BYTES_MAX = 4 * 1024 * 1024;

export const noteSchema = z.strictObject({
  text: z
    .string()
    .max(NOTE_CHARACTERS_MAX)
    .refine((text) => text.trim() !== "", "is empty"),
  /** The task in which it was written down; null where a person wrote it. */
  task: z.string().nullable().default(null),
  /** `<rollout key>/<step>/<action>` of the action that wrote it; null where a person wrote it. */
  from: z.string().nullable().default(null),
});
export type Note = z.infer<typeof noteSchema>;

/** Reads a memory file's text. Throws UserError with the line of what is wrong. */
export function parseNotes(text: string, label: string): readonly Note[] {
  const notes: Note[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    if (notes.length === NOTES_MAX) {
      throw new UserError(
        `${label}:${index + 1}: a memory holds at most ${NOTES_MAX} notes; remove the oldest ones`,
      );
    }
    notes.push(parseNote(line, `${label}:${index + 1}`));
  }
  return notes;
}

function parseNote(line: string, where: string): Note {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UserError(`${where}: not a line of JSON; a note is written as {"text": "…"}`);
  }
  const note = noteSchema.safeParse(value);
  if (note.success) return note.data;
  throw new UserError(`${where}: ${errorText(note.error)}; a note is written as {"text": "…"}`);
}

/** The file's text: the same notes always make the same bytes. */
export function notesText(notes: readonly Note[]): string {
  return notes.map(({ text, task, from }) => `${JSON.stringify({ text, task, from })}\n`).join("");
}

/** What identifies a memory to an agent: the notes as it can read them, in order. Where they came from is not among it. */
export function memoryHash(notes: readonly Note[]): string {
  return hashOf(
    "memory",
    notes.map(({ text, task }) => ({ text, task })),
  );
}

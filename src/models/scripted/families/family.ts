// What a family of tasks offers the plan: new versions of the work file, changes of a version, repairs, and a search script.
import type { Prng } from "../../../core/prng.ts";
import type { Notebook, Version } from "../notebook.ts";

/** A way to a new version: its whole text, or a command that makes it. */
export type Change =
  | { readonly kind: "text"; readonly text: string; readonly note: string }
  | { readonly kind: "command"; readonly command: string; readonly note: string };

export interface Family {
  readonly name: string;
  /** True where versions come about by commands, so that only a copy brings one back surely. */
  readonly byCommands: boolean;
  /** A new idea; the more skill, the better founded. Null where it has none. */
  propose(notes: Notebook, skill: number, draw: Prng): Change | null;
  /** A change of a version. */
  refine(notes: Notebook, from: Version, skill: number, draw: Prng): Change | null;
  /** The text that a damaged version was meant to have; null where it cannot be told. */
  repair(damaged: string): string | null;
  /** A script that searches for better constants of a version on small samples. */
  study(notes: Notebook, from: Version, skill: number, draw: Prng): string | null;
  /** The version that the search script's output speaks for. */
  conclude(from: Version, output: string): Change | null;
  /** A command that prints much: what happens in single games, formulas, files. */
  trace(notes: Notebook, draw: Prng): string;
}

/** All that was read so far, the opening first: where facts about a task are looked up. */
export function seenText(notes: Notebook): string {
  return [notes.brief.text, ...notes.files.values()].join("\n");
}

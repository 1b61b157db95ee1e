// Picks the family of a task from what was read of it, the most particular first.
import type { Notebook } from "../notebook.ts";
import { allocationGame } from "./allocationGame.ts";
import { banditPolicy } from "./banditPolicy.ts";
import { captionNeighbours } from "./captionNeighbours.ts";
import { countedBytes } from "./countedBytes.ts";
import type { Family } from "./family.ts";
import { manyMoveGame } from "./manyMoveGame.ts";
import { namedConstants } from "./namedConstants.ts";
import { packingHeuristic } from "./packingHeuristic.ts";
import { rowGame } from "./rowGame.ts";
import { satHeuristic } from "./satHeuristic.ts";
import { sentencePairs } from "./sentencePairs.ts";
import { unknownTask } from "./unknownTask.ts";

const FAMILIES: readonly ((notes: Notebook) => Family | null)[] = [
  allocationGame,
  rowGame,
  manyMoveGame,
  satHeuristic,
  packingHeuristic,
  banditPolicy,
  sentencePairs,
  captionNeighbours,
  countedBytes,
  namedConstants,
];

/** The family by function signatures, tables and constants in the opening and the files; never by a task's name. */
export function familyOf(notes: Notebook): Family {
  for (const family of FAMILIES) {
    const found = family(notes);
    if (found !== null) return found;
  }
  return unknownTask;
}

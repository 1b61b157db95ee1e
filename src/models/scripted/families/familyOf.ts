// Picks the family of a task from what was read of it, the most particular first.
import type { Notebook } from "../notebook.ts";
import { allocationGame } from "./allocationGame.ts";
import type { Family } from "./family.ts";
import { packingHeuristic } from "./packingHeuristic.ts";
import { rowGame } from "./rowGame.ts";
import { satHeuristic } from "./satHeuristic.ts";
import { unknownTask } from "./unknownTask.ts";

/** The family by function signatures, tables and constants in the opening and the files; never by a task's name. */
export function familyOf(notes: Notebook): Family {
  return (
    allocationGame(notes) ?? rowGame(notes) ?? satHeuristic(notes) ?? packingHeuristic(notes) ?? unknownTask
  );
}

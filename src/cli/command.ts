// What every command file shares: exit codes and the shape of a command.
import type { Command } from "commander";
import type { World } from "../compose/world.ts";

export const EXIT = { done: 0, short: 1, badInput: 2, interrupted: 130 } as const;

/** What each exit code tells a caller, for the help and the reference page. */
export const EXIT_MEANINGS: Readonly<Record<(typeof EXIT)[keyof typeof EXIT], string>> = {
  [EXIT.done]: "done",
  [EXIT.short]: "ran, but fell short of what was asked",
  [EXIT.badInput]: "bad input: one sentence says what, and nothing was written",
  [EXIT.interrupted]: "interrupted: `resume` goes on",
};

/** Adds a command to the program; `done` takes its exit code. */
export type AddCommand = (program: Command, world: World, done: (exitCode: number) => void) => void;

/** Collects a repeatable option. */
export function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

// What every command file shares: exit codes and the shape of a command.
import type { Command } from "commander";
import type { World } from "../compose/world.ts";

export const EXIT = { done: 0, short: 1, badInput: 2, interrupted: 130 } as const;

/** Adds a command to the program; `done` takes its exit code. */
export type AddCommand = (program: Command, world: World, done: (exitCode: number) => void) => void;

/** Collects a repeatable option. */
export function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

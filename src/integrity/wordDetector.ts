// A detector made of patterns: an action that says such a thing, in its command or in a program that it carries, has done it.
import type { Signal, SignalName } from "../core/signal.ts";
import { type Detector, signal } from "./detector.ts";
import type { InspectedAction } from "./inspected.ts";
import { lineOf } from "./pattern.ts";

/** Longest text that is searched, characters: what is longer is data in all but its beginning. */
const TEXT_CHARS_MAX = 200_000;

/**
 * One signal for every line of an action that a pattern finds first. Actions that were refused have said nothing.
 * Patterns bound what they skip, so that a hostile text costs no more than an honest one.
 */
export function wordDetector(name: SignalName, patterns: readonly RegExp[]): Detector {
  return ({ actions }) =>
    actions.flatMap((action) => (action.isCarriedOut ? said(action, name, patterns) : []));
}

function said(
  { step, text, programs }: InspectedAction,
  name: SignalName,
  patterns: readonly RegExp[],
): readonly Signal[] {
  // A program within the command is searched with it.
  const texts = [text, ...programs.filter((program) => !text.includes(program))];
  return texts.flatMap((searched) =>
    patterns.flatMap((pattern) => {
      const line = lineOf(searched.slice(0, TEXT_CHARS_MAX), pattern);
      return line === null ? [] : [signal(name, step, "static", line)];
    }),
  );
}

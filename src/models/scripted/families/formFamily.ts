// Builds a family out of forms: everything that follows from having programs with readable constants.
import type { Prng } from "../../../core/prng.ts";
import { clamped, type Filled, type Form, readForm, renderForm, shake } from "../form.ts";
import type { Change, Family } from "./family.ts";
import { readStudy, studyScript } from "./study.ts";

export interface FormFamilyParts {
  readonly name: string;
  readonly forms: readonly Form[];
  /** The forms' values for a new idea: founded with much skill, misled with little. */
  guess(form: Form, skill: number, draw: Prng): readonly number[];
  /** The form that a new idea takes. */
  choose(skill: number, draw: Prng): Form;
  /** Python lines for a search script, for so much effort (0 … 1); null where what it needs was not seen. */
  measure(effort: number): { readonly lines: string; readonly trials: number } | null;
  trace(draw: Prng): string;
}

/** A family whose versions are filled forms. */
export function formFamily(parts: FormFamilyParts): Family {
  const asChange = (filled: Filled, note: string): Change => ({
    kind: "text",
    text: renderForm(filled),
    note,
  });
  const read = (text: string | null) => (text === null ? null : readForm(parts.forms, text));
  const propose: Family["propose"] = (_notes, skill, draw) => {
    const form = parts.choose(skill, draw);
    return asChange(clamped(form, parts.guess(form, skill, draw)), form.idea);
  };
  return {
    name: parts.name,
    byCommands: false,
    propose,
    refine(notes, from, skill, draw) {
      const filled = read(from.text);
      if (filled === null) return propose(notes, skill, draw);
      return asChange(shake(filled, 0.22 - 0.16 * skill, draw), `other numbers for ${filled.form.idea}`);
    },
    repair(damaged) {
      const filled = read(damaged);
      return filled === null ? null : renderForm(filled);
    },
    study(notes, from, skill, draw) {
      const filled = read(from.text);
      const measure = filled === null ? null : parts.measure(skill);
      if (filled === null || measure === null) return null;
      return studyScript(filled, {
        module: notes.brief.workFile.replace(/\.py$/, ""),
        measure: measure.lines,
        trials: measure.trials,
        width: Number((0.12 + 0.15 * draw.next()).toFixed(3)),
        seed: draw.below(10_000),
      });
    },
    conclude(from, output) {
      const filled = read(from.text);
      const found = filled === null ? null : readStudy(filled.form, output);
      return found === null ? null : asChange(found, `the numbers that the search found`);
    },
    trace: (_notes, draw) => parts.trace(draw),
  };
}

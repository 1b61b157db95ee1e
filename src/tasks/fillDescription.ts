// Fills the placeholders of a task's description. Only limits can stand in one: the template itself is what is hashed.
import { UserError } from "../core/errors.ts";
import type { RolloutLimits } from "../core/limits.ts";
import { suggestion } from "../core/nearest.ts";

/** Replaces {steps}, {validations} and {actionSeconds}. Throws a UserError with the line of any other {word}. */
export function fillDescription(template: string, limits: RolloutLimits, label: string): string {
  const values: Readonly<Record<string, number>> = {
    steps: limits.steps,
    validations: limits.validations,
    actionSeconds: limits.actionSeconds,
  };
  return template.replaceAll(/\{([A-Za-z][A-Za-z0-9_.]*)\}/g, (found, name: string, offset: number) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      const before = template.slice(0, offset).split("\n");
      const place = `${label}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
      const known = Object.keys(values).map((known) => `{${known}}`);
      throw new UserError(`${place}: unknown placeholder ${found}; ${suggestion(found, known)}`);
    }
    return String(value);
  });
}

// A form: a program with named numbers in it. Its text can be read back into the numbers, so that a later reply can go on from them.
import type { Prng } from "../../core/prng.ts";

export interface Constant {
  readonly name: string;
  /** 1: a number; more: a list of so many numbers. */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** Decimal places; 0 for whole numbers. */
  readonly digits: number;
}

export interface Form {
  /** First line of the program: by it a text is known again. */
  readonly title: string;
  /** What the idea is, for the agent's own words. */
  readonly idea: string;
  readonly constants: readonly Constant[];
  /** Import lines; `random` where none are given. */
  readonly imports?: string;
  /** The program below its constants. */
  readonly body: string;
}

export interface Filled {
  readonly form: Form;
  /** The constants' numbers in their order, lists laid flat. */
  readonly values: readonly number[];
}

/** The program's whole text. */
export function renderForm({ form, values }: Filled): string {
  const lines: string[] = [];
  let from = 0;
  for (const { name, count, digits } of form.constants) {
    const numbers = values.slice(from, from + count).map((value) => value.toFixed(digits));
    lines.push(`${name} = ${count === 1 ? (numbers[0] ?? "0") : `[${numbers.join(", ")}]`}`);
    from += count;
  }
  const imports = form.imports ?? "import random";
  return `"""${form.title}"""\n${imports}\n\n${lines.join("\n")}\n\n\n${form.body.trim()}\n`;
}

/** Reads a program's text back, also where the part below the constants is damaged; null for an unknown program. */
export function readForm(forms: readonly Form[], text: string): Filled | null {
  const form = forms.find(({ title }) => text.startsWith(`"""${title}"""`));
  if (form === undefined) return null;
  const values: number[] = [];
  for (const { name, count } of form.constants) {
    const written = new RegExp(`^${name} = \\[?([^\\]\\n]*)`, "m").exec(text)?.[1] ?? "";
    const numbers = written.split(",").map(Number);
    if (numbers.length !== count || numbers.some((number) => !Number.isFinite(number))) return null;
    values.push(...numbers);
  }
  return { form, values };
}

/** The constant that each flat value belongs to. */
export function constantsOf(form: Form): readonly Constant[] {
  return form.constants.flatMap((constant) => Array.from({ length: constant.count }, () => constant));
}

/** Values within their bounds, thrown back from them so that none piles up there, and rounded as they are written. */
export function clamped(form: Form, values: readonly number[]): Filled {
  const fitted = constantsOf(form).map(({ min, max, digits }, index) => {
    const value = values[index] ?? min;
    const back = value > max ? 2 * max - value : value < min ? 2 * min - value : value;
    return Number(Math.min(max, Math.max(min, back)).toFixed(digits));
  });
  return { form, values: fitted };
}

/** A random change of some constants; `width` is the standard deviation as a share of each constant's range. */
export function shake({ form, values }: Filled, width: number, draw: Prng): Filled {
  const constants = constantsOf(form);
  const forced = draw.below(values.length);
  return clamped(
    form,
    values.map((value, index) => {
      const constant = constants[index];
      if (constant === undefined || (index !== forced && draw.chance(0.5))) return value;
      const step = draw.normal() * width * (constant.max - constant.min);
      return value + (constant.digits === 0 ? Math.sign(step) * Math.max(1, Math.abs(step)) : step);
    }),
  );
}

// Repeated two-player games with two moves: mixed and conditional strategies, tilted towards what the payoff table speaks for.
import type { Prng } from "../../../core/prng.ts";
import type { Form } from "../form.ts";
import type { Notebook } from "../notebook.ts";
import { type Family, seenText } from "./family.ts";
import { formFamily } from "./formFamily.ts";
import { gameMeasureLines, gameTrace } from "./gameStudy.ts";

const unit = (name: string, count = 1) => ({ name, count, min: 0.005, max: 0.995, digits: 3 });

const CONSTANT_MIX: Form = {
  title: "The row player: one fixed mix.",
  idea: "a fixed mix of the two moves",
  constants: [unit("ZERO")],
  body: `
def row_strategy(history):
    return 0 if random.random() < ZERO else 1
`,
};

const MEMORY_ONE: Form = {
  title: "The row player: a mix that depends on the last round.",
  idea: "a mix for each outcome of the last round",
  constants: [unit("OPENING"), unit("AFTER", 4)],
  body: `
def row_strategy(history):
    chance = OPENING
    if history:
        own_last, other_last = history[-1]
        chance = AFTER[2 * own_last + other_last]
    return 0 if random.random() < chance else 1
`,
};

const FOLLOW_SHARE: Form = {
  title: "The row player: follows how often the other side played 0.",
  idea: "a mix that follows the other side's habit",
  constants: [unit("OPENING"), unit("BIAS"), { name: "SLOPE", count: 1, min: -1, max: 1, digits: 3 }],
  body: `
def row_strategy(history):
    if not history:
        return 0 if random.random() < OPENING else 1
    zeros = sum(1 for _, other in history if other == 0) / len(history)
    chance = BIAS + SLOPE * (zeros - 0.5)
    return 0 if random.random() < chance else 1
`,
};

const TWO_PHASES: Form = {
  title: "The row player: copies at times, with an early and a late mix.",
  idea: "copying the other side at times, with an early and a late mix",
  constants: [
    { name: "SWITCH", count: 1, min: 1, max: 9, digits: 0 },
    unit("COPY"),
    unit("EARLY"),
    unit("LATE"),
  ],
  body: `
def row_strategy(history):
    if history and random.random() < COPY:
        return history[-1][1]
    chance = EARLY if len(history) < SWITCH else LATE
    return 0 if random.random() < chance else 1
`,
};

const FORMS = [CONSTANT_MIX, MEMORY_ONE, FOLLOW_SHARE, TWO_PHASES];

type Payoffs = readonly [readonly [number, number], readonly [number, number]];

/** The row player's payoffs, from the simulation's constant or the table of the description. */
export function payoffsIn(text: string): Payoffs | null {
  const pair = "\\((-?[\\d.]+), (-?[\\d.]+)\\)";
  const constant = new RegExp(`PAYOFF = \\(${pair}, ${pair}\\)`).exec(text)?.slice(1).map(Number);
  const cells = [...text.matchAll(/^\| \*\*[01]\*\* \|(.*)\|(.*)\|$/gm)]
    .flatMap((match) => [match[1] ?? "", match[2] ?? ""])
    .map((cell) => Number(/-?\d+(?:\.\d+)?/.exec(cell)?.[0]));
  const [a, b, c, d, ...more] = constant ?? cells;
  if (a === undefined || b === undefined || c === undefined || d === undefined || more.length > 0)
    return null;
  return [a, b, c, d].every(Number.isFinite)
    ? [
        [a, b],
        [c, d],
      ]
    : null;
}

/** Whether 0 or 1 does better on average against a side that tosses a coin: 1 for 0, 0 for 1, one half for neither. */
function towardsZero(payoffs: Payoffs): number {
  const gain = payoffs[0][0] + payoffs[0][1] - payoffs[1][0] - payoffs[1][1];
  return gain === 0 ? 0.5 : gain > 0 ? 1 : 0;
}

/** A chance of playing 0: founded on the payoffs with much skill, a wrong theory or none with little. */
function chance(target: number, skill: number, draw: Prng): number {
  const blind = draw.next();
  const pull = Math.max(-0.8, Math.min(0.97, 1.5 * skill - 0.35 + 0.12 * draw.normal()));
  const aim = pull >= 0 ? target : 1 - target;
  return blind + (aim - blind) * Math.abs(pull);
}

/** The family of two-move games; null where the task is no such game or its payoffs were not seen. */
export function rowGame(notes: Notebook): Family | null {
  const text = seenText(notes);
  const payoffs = payoffsIn(text);
  if (!/row_strategy\(history\)/.test(text) || !/\b0 or 1\b/.test(text) || payoffs === null) return null;
  return formFamily({
    name: "row game",
    forms: FORMS,
    choose: (skill, draw) =>
      draw.chance(0.25 + 0.5 * skill) ? MEMORY_ONE : draw.pick([CONSTANT_MIX, FOLLOW_SHARE, TWO_PHASES]),
    guess(form, skill, draw) {
      const target = towardsZero(payoffs);
      return form.constants.flatMap(({ name, count }) =>
        Array.from({ length: count }, () => {
          if (name === "SWITCH") return 1 + draw.below(9);
          if (name === "SLOPE") return draw.normal() * 0.3 * (1.1 - skill);
          if (name === "COPY") return draw.next() * (1 - 0.9 * skill);
          return chance(target, skill, draw);
        }),
      );
    },
    measure(effort) {
      if (!/def column_strategy\(history, rng\)/.test(text)) return null;
      return {
        lines: gameMeasureLines(notes, payoffs, 40 + Math.round(80 * effort)),
        trials: 8 + Math.round(16 * effort),
      };
    },
    trace: gameTrace,
  });
}

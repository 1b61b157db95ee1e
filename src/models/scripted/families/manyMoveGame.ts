// Repeated two-player games with three moves and more: mixes, mixes after each move of the other side, and best answers to its habit.
import type { Prng } from "../../../core/prng.ts";
import type { Form } from "../form.ts";
import type { Notebook } from "../notebook.ts";
import { type Family, seenText } from "./family.ts";
import { formFamily } from "./formFamily.ts";
import { gameMeasureLines, gameTrace } from "./gameStudy.ts";

const MOVES_MAX = 6;
const weights = (name: string, count: number) => ({ name, count, min: 0.005, max: 1, digits: 3 });

type Payoffs = readonly (readonly number[])[];

/** The forms for a payoff table. */
function formsFor(payoffs: Payoffs): readonly [Form, Form, Form] {
  const moves = payoffs.length;
  const table = payoffs.map((row) => `(${row.join(", ")})`).join(", ");
  return [
    {
      title: "The row player: one fixed mix of all moves.",
      idea: "a fixed mix of all moves",
      constants: [weights("WEIGHTS", moves)],
      body: `
def row_strategy(history):
    return random.choices(range(len(WEIGHTS)), WEIGHTS)[0]
`,
    },
    {
      title: "The row player: a mix for each last move of the other side.",
      idea: "a mix for each last move of the other side",
      constants: [weights("OPENING", moves), weights("AFTER", moves * moves)],
      body: `
def row_strategy(history):
    weights = OPENING
    if history:
        start = len(OPENING) * history[-1][1]
        weights = AFTER[start:start + len(OPENING)]
    return random.choices(range(len(OPENING)), weights)[0]
`,
    },
    {
      title: "The row player: the best answer to what the other side did so far.",
      idea: "the best answer to what the other side did so far",
      constants: [
        weights("EXPECTED", moves),
        { name: "TRUST", count: 1, min: 0.1, max: 8, digits: 2 },
        { name: "RECENT", count: 1, min: 0, max: 8, digits: 2 },
        { name: "BLUR", count: 1, min: 0, max: 0.6, digits: 3 },
      ],
      body: `
PAYOFF = (${table})


def row_strategy(history):
    seen = [TRUST * share for share in EXPECTED]
    for _, column in history:
        seen[column] += 1
    if history:
        seen[history[-1][1]] += RECENT
    if random.random() < BLUR:
        return random.randrange(len(PAYOFF))
    worth = [sum(pays * count for pays, count in zip(row, seen)) for row in PAYOFF]
    return worth.index(max(worth))
`,
    },
  ];
}

/** The row player's payoffs of a game with more than two moves, from a constant or the description; null where there are none. */
export function manyPayoffsIn(text: string): Payoffs | null {
  const constant = /^PAYOFF = \((\(.*\))\)$/m.exec(text)?.[1];
  const rows =
    constant === undefined
      ? [...text.matchAll(/^\| \*\*\d+\*\* \|(.*)\|$/gm)].map((match) => (match[1] ?? "").split("|"))
      : [...constant.matchAll(/\(([^()]*)\)/g)].map((match) => (match[1] ?? "").split(","));
  const payoffs = rows.map((row) => row.map((cell) => Number(cell)));
  const moves = payoffs.length;
  const square = payoffs.every((row) => row.length === moves && row.every(Number.isFinite));
  return moves > 2 && moves <= MOVES_MAX && square ? payoffs : null;
}

/** The best answer to a move of the other side; to all of them alike where none is given. */
function answerTo(payoffs: Payoffs, column: number | null): number {
  const worth = payoffs.map((row) =>
    column === null ? row.reduce((sum, pays) => sum + pays, 0) : (row[column] ?? 0),
  );
  return worth.indexOf(Math.max(...worth));
}

/** Weights that lean to one move: the right one with much skill, mostly, any with little. */
function leaning(moves: number, right: number, skill: number, draw: Prng): readonly number[] {
  const aim = draw.chance(0.25 + 0.7 * skill) ? right : draw.below(moves);
  const lean = 0.3 + 0.65 * draw.next();
  return Array.from({ length: moves }, (_, move) =>
    move === aim ? lean : ((1 - lean) / (moves - 1)) * (0.5 + draw.next()),
  );
}

/** The family of games with three moves and more; null where the task is none, or its payoffs were not seen. */
export function manyMoveGame(notes: Notebook): Family | null {
  const text = seenText(notes);
  if (!/row_strategy\(history\)/.test(text) || !/\bmoves\b/.test(text)) return null;
  const payoffs = manyPayoffsIn(text);
  if (payoffs === null) return null;
  const moves = payoffs.length;
  const forms = formsFor(payoffs);
  const [mix, conditional, answer] = forms;
  return formFamily({
    name: "game of many moves",
    forms,
    choose: (skill, draw) =>
      draw.chance(0.2 + 0.4 * skill) ? conditional : draw.chance(0.3 + 0.4 * skill) ? answer : mix,
    guess: (form, skill, draw) =>
      form.constants.flatMap(({ name }) => {
        switch (name) {
          case "AFTER":
            return payoffs.flatMap((_, column) => leaning(moves, answerTo(payoffs, column), skill, draw));
          case "EXPECTED":
            return payoffs.map(() => 0.1 + 0.9 * draw.next());
          case "TRUST":
            return 0.2 + 4 * draw.next();
          case "RECENT":
            return 3 * draw.next();
          case "BLUR":
            return 0.5 * draw.next() * (1 - skill);
          default:
            return leaning(moves, answerTo(payoffs, null), skill, draw);
        }
      }),
    measure: (effort) =>
      /def column_strategy\(history, rng\)/.test(text)
        ? {
            lines: gameMeasureLines(notes, payoffs, 60 + Math.round(100 * effort)),
            trials: 10 + Math.round(20 * effort),
          }
        : null,
    trace: gameTrace,
  });
}

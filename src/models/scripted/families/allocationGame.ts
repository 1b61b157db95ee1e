// Allocation games (Colonel Blotto and its kin): how to spread forces over fields, as shapes with free weights.
import type { Prng } from "../../../core/prng.ts";
import type { Form } from "../form.ts";
import type { Notebook } from "../notebook.ts";
import { type Family, seenText } from "./family.ts";
import { formFamily } from "./formFamily.ts";

/** Puts whole soldiers on the fields in proportion to weights; shared by all forms. */
const PLACE = `
def place(weights):
    whole = sum(weights) or 1.0
    move = [int(SOLDIERS * weight / whole) for weight in weights]
    move[move.index(max(move))] += SOLDIERS - sum(move)
    return move
`;

interface Board {
  readonly fields: number;
  readonly soldiers: number;
}

const NUMBER_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/** The number of fields and soldiers, from constants of a file or from the description; null where it is told nowhere. */
export function boardIn(text: string): Board | null {
  const word = /\b(\w+) fields\b/.exec(text)?.[1] ?? "";
  const fields = Number(
    /^FIELDS = (\d+)/m.exec(text)?.[1] ??
      (NUMBER_WORDS.indexOf(word) > 0 ? NUMBER_WORDS.indexOf(word) : word),
  );
  const soldiers = Number(/^SOLDIERS = (\d+)/m.exec(text)?.[1] ?? /\b(\d+) soldiers\b/.exec(text)?.[1]);
  return fields >= 2 && fields <= 12 && soldiers > 0 ? { fields, soldiers } : null;
}

/** The forms for a board. */
function formsFor({ fields, soldiers }: Board): readonly [Form, Form, Form] {
  const head = `FIELDS = ${fields}\nSOLDIERS = ${soldiers}\n\n${PLACE}\n`;
  const weight = (name: string) => ({ name, count: fields, min: 0.001, max: 1, digits: 3 });
  const share = (name: string) => ({ name, count: 1, min: 0.005, max: 0.995, digits: 3 });
  return [
    {
      title: "The row player: some strong fields, drawn anew each round.",
      idea: "a number of strong fields, drawn anew each round",
      constants: [
        { name: "STRONG", count: 1, min: 1, max: fields, digits: 0 },
        share("SHARE"),
        share("JITTER"),
      ],
      body: `${head}
def row_strategy(history):
    weights = [(1 - SHARE) / FIELDS] * FIELDS
    for field in random.sample(range(FIELDS), STRONG):
        weights[field] += SHARE / STRONG * (1 + JITTER * random.uniform(-1, 1))
    return place(weights)
`,
    },
    {
      title: "The row player: one shape, a little blurred.",
      idea: "one shape over the fields, a little blurred",
      constants: [weight("SHAPE"), share("JITTER")],
      body: `${head}
def row_strategy(history):
    return place([weight * (1 + JITTER * random.uniform(-1, 1)) for weight in SHAPE])
`,
    },
    {
      title: "The row player: two shapes in turn.",
      idea: "two shapes over the fields, mixed at random",
      constants: [weight("FIRST"), weight("SECOND"), share("MIX")],
      body: `${head}
def row_strategy(history):
    shape = list(FIRST if random.random() < MIX else SECOND)
    random.shuffle(shape)
    return place(shape)
`,
    },
  ];
}

/** A weight for one field of so many: near an even spread over a majority with skill, lopsided without. */
function weightOf(index: number, fields: number, skill: number, draw: Prng): number {
  const majority = Math.floor(fields / 2) + 1;
  const lopsided = draw.next() ** (1 + 5 * (1 - skill));
  const even = index < majority + draw.below(2) ? 0.5 + 0.2 * draw.next() : 0.03 + 0.2 * draw.next();
  const pull = Math.max(0, Math.min(1, 1.3 * skill - 0.1));
  return lopsided + (even - lopsided) * pull;
}

/** The family for the board that the task tells of; null where it is no such game. */
export function allocationGame(notes: Notebook): Family | null {
  const text = seenText(notes);
  const board = /row_strategy\(history\)/.test(text) && /\bsoldiers\b/i.test(text) ? boardIn(text) : null;
  if (board === null) return null;
  const forms = formsFor(board);
  const [strong, shape, twoShapes] = forms;
  return formFamily({
    name: "allocation game",
    forms,
    choose: (skill, draw) =>
      draw.chance(0.4) ? strong : draw.chance(0.25 + 0.5 * skill) ? shape : twoShapes,
    guess: (form, skill, draw) =>
      form.constants.flatMap(({ name, count, max }) =>
        Array.from({ length: count }, (_, index) => {
          if (name === "STRONG")
            return 1 + Math.round((max - 2) * Math.min(1, 0.15 + 0.7 * skill + 0.25 * draw.next()));
          if (name === "SHARE") return 0.5 + 0.45 * draw.next();
          if (name === "JITTER") return 0.02 + 0.5 * draw.next() * (1.1 - skill);
          if (name === "MIX") return 0.2 + 0.6 * draw.next();
          return weightOf(index, board.fields, skill, draw);
        }),
      ),
    measure: (effort) =>
      /def column_strategy\(history, rng\)/.test(text)
        ? {
            lines: measureLines(notes, board.fields, 300 + Math.round(500 * effort)),
            trials: 8 + Math.round(14 * effort),
          }
        : null,
    trace: (draw) => `python3 -B - <<'EOF'
import random
from opponent import column_strategy
from strategy import row_strategy
rng = random.Random(${draw.below(1000)})
random.seed(${draw.below(1000)})
history = []
for round in range(${220 + draw.below(60)}):
    row, column = row_strategy(list(history[-9:])), column_strategy(history, rng)
    history.append((row, column))
    print(round, row, column, sum(a > b for a, b in zip(row, column)))
EOF`,
  });
}

/** What a round pays, from the simulation's constants: fields of equal value and the larger number of them, where it has none. */
function measureLines(notes: Notebook, fields: number, rounds: number): string {
  const text = seenText(notes);
  const values = /^VALUES = (\([\d., ]+\)|\[[\d., ]+\])$/m.exec(text)?.[1] ?? null;
  const share = values !== null && /^MAJORITY = False$/m.test(text);
  return `
from opponent import column_strategy

ROUNDS = ${rounds}
VALUES = ${values ?? `[1] * ${fields}`}


def measure(seed):
    rng = random.Random(seed)
    total = 0
    for _ in range(ROUNDS):
        row = ${notes.brief.workFile.replace(/\.py$/, "")}.row_strategy([])
        column = column_strategy([], rng)
        won = sum(value for value, mine, theirs in zip(VALUES, row, column) if mine > theirs)
        lost = sum(value for value, mine, theirs in zip(VALUES, row, column) if mine < theirs)
        total += ${share ? "(won - lost) / sum(VALUES)" : "(won > lost) - (won < lost)"}
    return total / ROUNDS

`;
}

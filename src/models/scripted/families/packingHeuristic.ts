// Packing items into bins as they come: how full a bin would become, how old it is, chance, and when to open a new one.
import type { Form } from "../form.ts";
import type { Notebook } from "../notebook.ts";
import { type Family, seenText } from "./family.ts";
import { formFamily } from "./formFamily.ts";

const real = (name: string, min: number, max: number) => ({ name, count: 1, min, max, digits: 3 });

const WEIGHED: Form = {
  title: "Weighs how full a bin would become, and how recent it is.",
  idea: "weights for how full and how recent a bin is",
  constants: [real("FULL", -1, 1), real("RECENT", -1, 1), real("NOISE", 0, 1), real("FRESH", 0, 0.6)],
  body: `
def choose(capacity, rooms, item):
    best, best_score = -1, None
    for number, room in enumerate(rooms):
        if room < item:
            continue
        score = FULL * (1 - (room - item) / capacity) + RECENT * number / len(rooms) + NOISE * random.random()
        if best_score is None or score > best_score:
            best, best_score = number, score
    return -1 if random.random() < FRESH else best
`,
};

const SLIVERS: Form = {
  title: "The fullest bin that takes the item, but slivers of room are avoided.",
  idea: "best fit that avoids leaving slivers",
  constants: [
    real("SLIVER", 0, 0.5),
    { name: "OPEN_MAX", count: 1, min: 0, max: 12, digits: 0 },
    real("FRESH", 0, 0.6),
  ],
  body: `
def choose(capacity, rooms, item):
    fitting = sorted((room, number) for number, room in enumerate(rooms) if room >= item)
    for room, number in fitting:
        left = (room - item) / capacity
        if left == 0 or left >= SLIVER:
            return -1 if random.random() < FRESH else number
    wide = sum(room > SLIVER * capacity for room in rooms)
    return fitting[0][1] if fitting and wide >= OPEN_MAX else -1
`,
};

const LAST_FEW: Form = {
  title: "Looks at the last few bins only.",
  idea: "looking back at a few bins only",
  constants: [
    { name: "LOOK_BACK", count: 1, min: 1, max: 12, digits: 0 },
    real("TIGHT", 0.005, 0.995),
    real("FRESH", 0, 0.6),
  ],
  body: `
def choose(capacity, rooms, item):
    fitting = [number for number in range(max(0, len(rooms) - LOOK_BACK), len(rooms)) if rooms[number] >= item]
    if not fitting or random.random() < FRESH:
        return -1
    fitting.sort(key=lambda number: rooms[number])
    return fitting[0] if random.random() < TIGHT else fitting[-1]
`,
};

/** The family of packing heuristics; null where no heuristic of this signature is asked for. */
export function packingHeuristic(notes: Notebook): Family | null {
  const text = seenText(notes);
  if (!/\bchoose\(capacity, rooms, item\)/.test(text)) return null;
  return formFamily({
    name: "packing heuristic",
    forms: [WEIGHED, SLIVERS, LAST_FEW],
    choose: (skill, draw) =>
      draw.chance(0.2 + 0.5 * skill) ? WEIGHED : skill > 0.6 && draw.chance(0.5) ? SLIVERS : LAST_FEW,
    guess: (form, skill, draw) =>
      form.constants.map(({ name, min, max }) => {
        const shy = 1 - skill;
        switch (name) {
          case "FULL":
            return skill - 0.3 + 0.4 * draw.normal();
          case "RECENT":
            return 0.3 * draw.normal();
          case "NOISE":
            return shy * draw.next();
          case "FRESH":
            return 0.5 * shy * shy * draw.next();
          case "SLIVER":
            return 0.25 * draw.next();
          case "LOOK_BACK":
            return 1 + 10 * skill * draw.next();
          default:
            return min + (max - min) * draw.next();
        }
      }),
    measure: (effort) =>
      /^def sequence\(rng\):/m.test(text)
        ? { lines: measureLines(notes, 6 + Math.round(10 * effort)), trials: 8 + Math.round(10 * effort) }
        : null,
    trace: (draw) => `python3 -B - <<'EOF'
import random
from items import CAPACITY, sequence
rng = random.Random(${draw.below(1000)})
for index in range(${20 + draw.below(12)}):
    print("sequence", index, "room", CAPACITY, "sizes", sequence(rng))
EOF`,
  });
}

function measureLines(notes: Notebook, sequences: number): string {
  return `
from items import CAPACITY, sequence

SEQUENCES = ${sequences}


def ratio(items):
    rooms = []
    for item in items:
        chosen = ${notes.brief.workFile.replace(/\.py$/, "")}.choose(CAPACITY, list(rooms), item)
        if chosen == -1:
            rooms.append(CAPACITY - item)
        else:
            rooms[chosen] -= item
    return len(rooms) / -(-sum(items) // CAPACITY)


def measure(seed):
    rng = random.Random(seed)
    return -sum(ratio(sequence(rng)) for _ in range(SEQUENCES)) / SEQUENCES

`;
}

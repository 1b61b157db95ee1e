// Branching heuristics for satisfiability: weighted occurrences in open clauses, conflicts, chance, and the side to try first.
import type { Form } from "../form.ts";
import type { Notebook } from "../notebook.ts";
import { type Family, seenText } from "./family.ts";
import { formFamily } from "./formFamily.ts";

/** Weighted occurrences in the clauses that are still open (Jeroslow and Wang 1990 weigh by 2 to the minus length). */
const OPEN_WEIGHTS = `
def open_weights(clauses, true):
    weight = {}
    for clause in clauses:
        free = []
        for literal in clause:
            if literal in true:
                break
            if -literal not in true:
                free.append(literal)
        else:
            gain = BASE ** -len(free)
            for literal in free:
                weight[literal] = weight.get(literal, 0.0) + gain
    return weight
`;

const real = (name: string, min: number, max: number) => ({ name, count: 1, min, max, digits: 3 });

const WEIGHTED: Form = {
  title: "Branches on the variable with the greatest weight in open clauses.",
  idea: "weights that fall with the length of the open clauses",
  constants: [
    real("BASE", 0.25, 8),
    real("KEEN", -0.01, 4),
    real("MIX", 0, 3),
    real("CONTRARY", 0.005, 0.995),
  ],
  body: `${OPEN_WEIGHTS.trim()}


def choose(clauses, trail, conflicts):
    true = set(trail)
    weight = open_weights(clauses, true)
    best, best_score = None, None
    for variable in range(1, len(conflicts)):
        if variable in true or -variable in true:
            continue
        up, down = weight.get(variable, 0.0), weight.get(-variable, 0.0)
        score = KEEN * (up + down + MIX * up * down) + random.random()
        if best is None or score > best_score:
            best, best_score = variable, score
    value = weight.get(best, 0.0) >= weight.get(-best, 0.0)
    return best, value != (random.random() < CONTRARY)
`,
};

const SHORTEST: Form = {
  title: "Branches on the variable that stands most often in the shortest open clauses.",
  idea: "counting only the shortest open clauses",
  constants: [real("POWER", 0, 6), real("KEEN", 0, 2), real("CONTRARY", 0.005, 0.995)],
  body: `
def choose(clauses, trail, conflicts):
    true = set(trail)
    shortest, counts = 4, {}
    for clause in clauses:
        free = [literal for literal in clause if -literal not in true]
        if len(free) > shortest or any(literal in true for literal in free):
            continue
        if len(free) < shortest:
            shortest, counts = len(free), {}
        for literal in free:
            counts[literal] = counts.get(literal, 0) + 1
    best, best_score = None, None
    for variable in range(1, len(conflicts)):
        if variable in true or -variable in true:
            continue
        up, down = counts.get(variable, 0), counts.get(-variable, 0)
        score = KEEN * ((up + down) * 2 ** POWER + up * down) / 2 ** POWER + random.random()
        if best is None or score > best_score:
            best, best_score = variable, score
    value = counts.get(best, 0) >= counts.get(-best, 0)
    return best, value != (random.random() < CONTRARY)
`,
};

const CONFLICTS: Form = {
  title: "Branches on the variable that took part in most conflicts.",
  idea: "following the conflicts so far",
  constants: [real("ACTIVITY", 0, 1), real("CHANCE_TRUE", 0.005, 0.995)],
  body: `
def choose(clauses, trail, conflicts):
    assigned = {abs(literal) for literal in trail}
    best, best_score = None, None
    for variable in range(1, len(conflicts)):
        if variable in assigned:
            continue
        score = ACTIVITY * conflicts[variable] + random.random()
        if best is None or score > best_score:
            best, best_score = variable, score
    return best, random.random() < CHANCE_TRUE
`,
};

const WHOLE_FORMULA: Form = {
  title: "Branches by how often a variable stands in the whole formula.",
  idea: "counting occurrences over the whole formula",
  constants: [real("DEGREE", -0.015, 1), real("CONTRARY", 0.005, 0.995)],
  body: `
def choose(clauses, trail, conflicts):
    assigned = {abs(literal) for literal in trail}
    count = [0] * (2 * len(conflicts) + 1)
    for clause in clauses:
        for literal in clause:
            count[literal] += 1
    best, best_score = None, None
    for variable in range(1, len(conflicts)):
        if variable in assigned:
            continue
        score = DEGREE * (count[variable] + count[-variable]) + random.random()
        if best is None or score > best_score:
            best, best_score = variable, score
    return best, (count[best] >= count[-best]) != (random.random() < CONTRARY)
`,
};

/** The family of branching heuristics; null where no heuristic of this signature is asked for. */
export function satHeuristic(notes: Notebook): Family | null {
  const text = seenText(notes);
  if (!/\bchoose\(clauses, trail, conflicts\)/.test(text)) return null;
  return formFamily({
    name: "branching heuristic",
    forms: [WEIGHTED, SHORTEST, CONFLICTS, WHOLE_FORMULA],
    choose(skill, draw) {
      if (draw.chance(0.15 + 0.65 * skill)) return WEIGHTED;
      return skill > 0.55 ? SHORTEST : draw.pick([SHORTEST, CONFLICTS, WHOLE_FORMULA, WHOLE_FORMULA]);
    },
    guess: (form, skill, draw) =>
      form.constants.map(({ name, min, max }) => {
        switch (name) {
          case "BASE":
            return 2 ** (draw.normal() * 0.9 + 1.4 * skill);
          case "KEEN":
          case "ACTIVITY":
            return (
              0.04 * 40 ** (skill * 1.2 - 0.35 + 0.35 * draw.normal()) -
              (skill < 0.3 ? 0.03 * draw.next() : 0)
            );
          case "DEGREE":
            return (skill - 0.3) * 0.05 + 0.015 * draw.normal();
          case "CONTRARY":
          case "CHANCE_TRUE":
            return draw.next();
          default:
            return min + (max - min) * draw.next() * 0.6;
        }
      }),
    measure: (effort) =>
      /def search\(clauses, variable_count\)/.test(text)
        ? { lines: measureLines(notes, 8 + Math.round(8 * effort)), trials: 5 + Math.round(5 * effort) }
        : null,
    trace: (draw) => `python3 -B - <<'EOF'
import random
rng = random.Random(${draw.below(1000)})
for index in range(${7 + draw.below(3)}):
    formula = []
    for _ in range(132):
        variables = rng.sample(range(1, 31), 3)
        formula.append([v if rng.random() < 0.5 else -v for v in variables])
    print("formula", index, formula)
EOF`,
  });
}

function measureLines(notes: Notebook, formulas: number): string {
  const text = seenText(notes);
  const variables = /\b(\d+) variables and \d+ clauses/.exec(text)?.[1] ?? "30";
  const clauses = /\b\d+ variables and (\d+) clauses/.exec(text)?.[1] ?? "132";
  const isGiven = /^def formula\(rng\):/m.test(notes.files.get("formulas.py") ?? "");
  const drawn = `
VARIABLES = ${variables}
CLAUSES = ${clauses}


def formula(rng):
    clauses = []
    for _ in range(CLAUSES):
        variables = rng.sample(range(1, VARIABLES + 1), 3)
        clauses.append([v if rng.random() < 0.5 else -v for v in variables])
    return clauses

`;
  return `
${isGiven ? "from formulas import VARIABLES, formula\n" : ""}from solver import search

FORMULAS = ${formulas}
DECISIONS_MAX = 120
${isGiven ? "" : drawn}

def decisions(clauses):
    solver = search(clauses, VARIABLES)
    count = 0
    try:
        trail, conflicts = next(solver)
        while count < DECISIONS_MAX:
            count += 1
            trail, conflicts = solver.send(${notes.brief.workFile.replace(/\.py$/, "")}.choose(clauses, list(trail), list(conflicts)))
    except StopIteration:
        pass
    return count


def measure(seed):
    rng = random.Random(seed)
    return -sum(decisions(formula(rng)) for _ in range(FORMULAS)) / FORMULAS

`;
}

"""Draws formulas as the judge draws them; the judge's own are other ones."""

VARIABLES = <<variables>>
CLAUSES = <<clauses>>
LITERALS = <<literals>>
STRUCTURE = "<<structure>>"
COMMUNITIES = 3
# Chance that a clause stays within one community, and how fast variables of a skewed formula become rare.
WITHIN = 0.75
SKEW = 0.6


def variables_of(rng, places, weights):
    """The variables of one clause, all different."""
    if STRUCTURE == "communities" and rng.random() < WITHIN:
        home = rng.randrange(COMMUNITIES)
        return rng.sample([variable for index, variable in enumerate(places) if index % COMMUNITIES == home], LITERALS)
    if STRUCTURE != "skewed":
        return rng.sample(places, LITERALS)
    chosen = []
    while len(chosen) < LITERALS:
        variable = rng.choices(places, weights)[0]
        if variable not in chosen:
            chosen.append(variable)
    return chosen


def formula(rng):
    """One formula: lists of literals, v for "variable v is True" and -v for "variable v is False", v from 1."""
    places = list(range(1, VARIABLES + 1))
    rng.shuffle(places)
    weights = [(index + 1) ** -SKEW for index in range(VARIABLES)]
    planted = [rng.random() < 0.5 for _ in range(VARIABLES + 1)]
    clauses = []
    while len(clauses) < CLAUSES:
        clause = [variable if rng.random() < 0.5 else -variable for variable in variables_of(rng, places, weights)]
        # A planted formula is true for one assignment at least.
        if STRUCTURE != "planted" or any(planted[abs(literal)] == (literal > 0) for literal in clause):
            clauses.append(clause)
    return clauses

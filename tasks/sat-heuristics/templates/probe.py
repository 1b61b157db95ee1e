"""Probe: the variable that occurs most in clauses not yet satisfied, with the value that satisfies more of them."""


def choose(clauses, trail, conflicts):
    known = set(trail)
    counts = {}
    for clause in clauses:
        if known.isdisjoint(clause):
            for literal in clause:
                if -literal not in known:
                    counts[literal] = counts.get(literal, 0) + 1
    literal = max(counts, key=lambda one: (counts[one] + counts.get(-one, 0), counts[one], one))
    return abs(literal), literal > 0

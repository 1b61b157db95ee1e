"""The branching heuristic: this file is the submission."""


def choose(clauses, trail, conflicts):
    """Return (variable, value): an unassigned variable, and whether to try True or False first.

    clauses: the whole formula, lists of literals: v for "variable v is True", -v for "variable v is False".
    trail: the literals that are true now, in the order they became so, by decision or by unit propagation.
    conflicts: conflicts[v] counts the conflicts that variable v took part in; index 0 is not used.
    """
    assigned = {abs(literal) for literal in trail}
    for variable in range(1, len(conflicts)):
        if variable not in assigned:
            return variable, True

"""A small complete solver (Davis, Putnam, Logemann and Loveland, 1962). A copy to read and to play with: the judge uses its own.

`search` is a generator: it stops at every decision, yields what is known, and is sent the decision.
"""


def search(clauses, variable_count):
    """Solve one formula; returns True if it can be satisfied, else False.

    clauses: lists of literals, v for "variable v is True" and -v for "variable v is False", v from 1.
    Yields (trail, conflicts): the literals now true, in the order they became so, and for each variable the number
    of conflicts it took part in. Both change as the search goes on. Must be sent (variable, value) of an unassigned variable.
    """
    in_clauses = {literal: [] for v in range(1, variable_count + 1) for literal in (v, -v)}
    for index, clause in enumerate(clauses):
        for literal in clause:
            in_clauses[literal].append(index)
    trail = []
    conflicts = [0] * (variable_count + 1)
    is_true = set()
    true_count = [0] * len(clauses)
    open_count = [len(clause) for clause in clauses]
    satisfied = 0
    untried = []  # (length of the trail before the decision, the literal to try next)
    pending = []  # literals that must become true

    while True:
        failed = None
        while pending and failed is None:
            literal = pending.pop()
            if literal in is_true:
                continue
            # Everything is counted before a conflict is looked at, so that undoing is the same walk backwards.
            is_true.add(literal)
            trail.append(literal)
            for index in in_clauses[literal]:
                true_count[index] += 1
                open_count[index] -= 1
                if true_count[index] == 1:
                    satisfied += 1
            for index in in_clauses[-literal]:
                open_count[index] -= 1
                if true_count[index] == 0:
                    if open_count[index] == 0:
                        failed = index
                    elif open_count[index] == 1:
                        for other in clauses[index]:
                            if -other not in is_true:
                                pending.append(other)

        if failed is None:
            if satisfied == len(clauses):
                return True
            variable, value = yield trail, conflicts
            literal = variable if value else -variable
            untried.append((len(trail), -literal))
            pending.append(literal)
            continue

        for literal in clauses[failed]:
            conflicts[abs(literal)] += 1
        if not untried:
            return False
        length, literal = untried.pop()
        while len(trail) > length:
            undone = trail.pop()
            is_true.discard(undone)
            for index in in_clauses[undone]:
                true_count[index] -= 1
                open_count[index] += 1
                if true_count[index] == 0:
                    satisfied -= 1
            for index in in_clauses[-undone]:
                open_count[index] += 1
        pending = [literal]

"""Reference: weighs short open clauses most, then looks ahead: it propagates both values of the best few variables.

The weights are those of Jeroslow and Wang (1990), steeper; a variable is worth the product of what its two values
propagate, as in the lookahead solvers of Freeman (1995) and of Li and Anbulagan (1997).
"""

CANDIDATES = 4
WEIGHT = {1: 25, 2: 5, 3: 1, 4: 0.2}


def open_clauses(clauses, known):
    """What is left of the clauses that are not satisfied."""
    return [
        [literal for literal in clause if -literal not in known] for clause in clauses if known.isdisjoint(clause)
    ]


def look(clauses, literal):
    """Assume a literal and propagate. Returns the weight of the clauses it shortened, or None at a conflict."""
    known = set()
    pending = [literal]
    while pending:
        one = pending.pop()
        if one in known:
            continue
        if -one in known:
            return None
        known.add(one)
        for clause in clauses:
            if -one in clause and known.isdisjoint(clause):
                left = [other for other in clause if -other not in known]
                if not left:
                    return None
                if len(left) == 1:
                    pending.append(left[0])
    worth = 0
    for clause in clauses:
        if known.isdisjoint(clause):
            left = sum(-other not in known for other in clause)
            if left < len(clause):
                worth += WEIGHT[left]
    return worth


def choose(clauses, trail, conflicts):
    rest = open_clauses(clauses, set(trail))
    weights = {}
    for clause in rest:
        for literal in clause:
            weights[literal] = weights.get(literal, 0) + WEIGHT[len(clause)]
    variables = {abs(literal) for literal in weights}

    def promise(variable):
        positive, negative = weights.get(variable, 0), weights.get(-variable, 0)
        return positive * negative * 64 + positive + negative

    best, answer = -1, None
    for variable in sorted(variables, key=promise, reverse=True)[:CANDIDATES]:
        if_true, if_false = look(rest, variable), look(rest, -variable)
        if if_true is None or if_false is None:
            return variable, if_true is not None
        worth = if_true * if_false * 64 + if_true + if_false
        if worth > best:
            best, answer = worth, (variable, if_true <= if_false)
    return answer

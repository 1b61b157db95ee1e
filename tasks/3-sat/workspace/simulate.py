"""Solves sample formulas with heuristic.py and prints the mean number of decisions. Usage: python3 simulate.py [seed]"""
import random
import sys

sys.dont_write_bytecode = True

INSTANCES = 120
VARIABLES = 30
CLAUSES = 144


def formula(rng):
    clauses = []
    for _ in range(CLAUSES):
        variables = rng.sample(range(1, VARIABLES + 1), 3)
        clauses.append([variable if rng.random() < 0.5 else -variable for variable in variables])
    return clauses


def is_legal(answer, trail):
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        return False
    variable, value = answer
    if type(variable) is not int or type(value) is not bool:
        return False
    return 1 <= variable <= VARIABLES and variable not in trail and -variable not in trail


def decisions(clauses, choose, search):
    """Solve one formula with the heuristic; returns (decisions, whether it can be satisfied)."""
    solver = search(clauses, VARIABLES)
    shown = [list(clause) for clause in clauses]
    count = 0
    try:
        trail, conflicts = next(solver)
        while True:
            answer = choose(shown, list(trail), list(conflicts))
            if not is_legal(answer, trail):
                sys.exit("illegal decision %r: choose must return (unassigned variable, True or False)" % (answer,))
            count += 1
            trail, conflicts = solver.send(answer)
    except StopIteration as end:
        return count, end.value


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    rng = random.Random("formulas %d" % seed)
    random.seed("heuristic %d" % seed)  # before the import, which may draw already
    from heuristic import choose
    from solver import search

    solved = [decisions(formula(rng), choose, search) for _ in range(INSTANCES)]
    mean = sum(count for count, _ in solved) / INSTANCES
    most = max(count for count, _ in solved)
    satisfiable = sum(answer for _, answer in solved)
    print("formulas %d (%d satisfiable), mean decisions %.2f, most %d" % (INSTANCES, satisfiable, mean, most))


main()

"""Solves sample formulas with heuristic.py and prints the mean number of decisions. Usage: python3 simulate.py [seed]"""
import random
import sys

sys.dont_write_bytecode = True

INSTANCES = <<formulas>>
DECISIONS_MAX = <<decisionsMax>>


def is_legal(answer, trail, variables):
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        return False
    variable, value = answer
    if type(variable) is not int or type(value) is not bool:
        return False
    return 1 <= variable <= variables and variable not in trail and -variable not in trail


def decisions(clauses, variables, choose, search):
    """The decisions that it takes to settle one formula with the heuristic, at most DECISIONS_MAX."""
    solver = search(clauses, variables)
    shown = [list(clause) for clause in clauses]
    count = 0
    try:
        trail, conflicts = next(solver)
        while count < DECISIONS_MAX:
            answer = choose(shown, list(trail), list(conflicts))
            if not is_legal(answer, trail, variables):
                sys.exit("illegal decision %r: choose must return (unassigned variable, True or False)" % (answer,))
            count += 1
            trail, conflicts = solver.send(answer)
    except StopIteration:
        pass
    return count


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    rng = random.Random("formulas %d" % seed)
    random.seed("heuristic %d" % seed)  # before the import, which may draw already
    from formulas import VARIABLES, formula
    from heuristic import choose
    from solver import search

    counts = [decisions(formula(rng), VARIABLES, choose, search) for _ in range(INSTANCES)]
    print("formulas %d, mean decisions %.2f, most %d" % (INSTANCES, sum(counts) / INSTANCES, max(counts)))


main()

"""Scores a branching heuristic: the mean number of decisions that the hidden solver needs with it on unseen formulas."""
from hidden.solver import search
from nightshift_judge import Invalid, integer_between, run, show

FORMULAS = 120
VARIABLES = 30
CLAUSES = 144
DECISIONS_MAX = 400


def formula(rng):
    clauses = []
    for _ in range(CLAUSES):
        variables = rng.sample(range(1, VARIABLES + 1), 3)
        clauses.append([variable if rng.random() < 0.5 else -variable for variable in variables])
    return clauses


def legal(answer, trail):
    if type(answer) is not list or len(answer) != 2 or type(answer[1]) is not bool:
        raise Invalid("a decision must be (variable, True or False), not %s" % show(answer))
    variable = integer_between(answer[0], 1, VARIABLES, "the variable of a decision")
    if variable in trail or -variable in trail:
        raise Invalid("variable %d has a value already" % variable)
    return variable, answer[1]


def judge(room):
    rng = room.rng("formulas")
    formulas = [formula(rng) for _ in range(FORMULAS)]
    room.cases(formulas)
    room.start_function("choose", formulas)
    # All searches go on side by side: a round asks for the next decision of every formula not yet settled.
    searches = [search(clauses, VARIABLES) for clauses in formulas]
    asking = {index: next(searches[index], None) for index in range(FORMULAS)}
    decisions = [0] * FORMULAS
    while True:
        asking = {index: known for index, known in asking.items() if known and decisions[index] < DECISIONS_MAX}
        if not asking:
            break
        answers = room.call([(index, known) for index, known in asking.items()])
        for (index, (trail, _)), answer in zip(list(asking.items()), answers):
            decisions[index] += 1
            try:
                asking[index] = searches[index].send(legal(answer, trail))
            except StopIteration:
                asking[index] = None
    metrics = {"formulas": FORMULAS, "decisionsMost": max(decisions)}
    return sum(decisions) / FORMULAS, metrics


run(judge)

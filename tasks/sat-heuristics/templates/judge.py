"""Scores a branching heuristic: the mean number of decisions that the solver needs with it on the phase's hidden formulas."""
import hashlib
import random

from hidden.formulas import VARIABLES, formula
from hidden.solver import search
from nightshift_judge import Invalid, integer_between, run, show

FORMULAS = <<formulas>>
DECISIONS_MAX = <<decisionsMax>>


def formulas_of(phase):
    """The same formulas for every seed: a heuristic that draws nothing has the same score each time."""
    with open("hidden/key", "rb") as file:
        key = file.read().strip()
    rng = random.Random(int.from_bytes(hashlib.sha256(key + b"/" + phase.encode()).digest(), "big"))
    return [formula(rng) for _ in range(FORMULAS)]


def legal(answer, trail):
    if type(answer) is not list or len(answer) != 2 or type(answer[1]) is not bool:
        raise Invalid("a decision must be (variable, True or False), not %s" % show(answer))
    variable = integer_between(answer[0], 1, VARIABLES, "the variable of a decision")
    if variable in trail or -variable in trail:
        raise Invalid("variable %d has a value already" % variable)
    return variable, answer[1]


def judge(room):
    formulas = formulas_of(room.phase)
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
    return sum(decisions) / FORMULAS, {"formulas": FORMULAS, "decisionsMost": max(decisions)}


run(judge)

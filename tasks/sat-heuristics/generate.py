"""Branching heuristics for SAT: drawn sizes, clause ratios and structures. The judged formulas hang on the instance's key alone, so scores are exact."""
import hashlib
import random

from family_kit import filled, request, rng_for, rounded, secret, template, write_task

FAMILY = "sat-heuristics"
DECISIONS_MAX = 200
DRAWS_MAX = 40
# A draw is judged by a few formulas first; the ladder's steps, as shares of the starter and of the probe.
PILOT_FORMULAS = 10
STARTER_STEP = 0.25
PROBE_STEP = 0.08

# Clauses a variable, by literals of a clause: from easy to beyond where half of uniform formulas can be satisfied.
RATIOS = {3: (3.9, 5.2), 4: (8.2, 10.0)}
VARIABLES = {3: (20, 30), 4: (14, 20)}
STRUCTURES = {
    "uniform": "Each clause has variables drawn evenly, and signs by coin tosses.",
    "planted": "Each clause has variables drawn evenly; clauses are drawn such that an assignment fixed before satisfies all of them, so all can be satisfied.",
    "communities": "The variables fall into three groups, other ones in each formula; most clauses stay within one group.",
    "skewed": "Some variables are far more frequent than others, other ones in each formula.",
}


def module(text):
    """The names of a file's text, run as a program."""
    names = {}
    exec(compile(text, "template", "exec"), names)
    return names


def decisions(clauses, variables, choose, search):
    """What the judge counts for one formula."""
    solver = search(clauses, variables)
    count = 0
    try:
        trail, conflicts = next(solver)
        while count < DECISIONS_MAX:
            answer = choose(clauses, list(trail), list(conflicts))
            count += 1
            trail, conflicts = solver.send(answer)
    except StopIteration:
        pass
    return count


def main():
    out, seed, _ = request()
    rng = rng_for(FAMILY, seed, "instance")
    key = secret(FAMILY, seed)
    text = lambda path, **given: filled(template(__file__, path), **given)
    heuristics = {
        "starter": template(__file__, "heuristic.py"),
        "probe": template(__file__, "probe.py"),
        "best": template(__file__, "lookahead.py"),
    }
    choosers = {name: module(source)["choose"] for name, source in heuristics.items()}
    search = module(template(__file__, "solver.py"))["search"]
    for _ in range(DRAWS_MAX):
        literals = rng.choice((3, 4))
        variables = rng.randint(*VARIABLES[literals])
        clauses = round(variables * rng.uniform(*RATIOS[literals]))
        structure = rng.choice(sorted(STRUCTURES))
        count = rng.randint(30, 60)
        drawer = text("formulas.py", variables=variables, clauses=clauses, literals=literals, structure=structure)
        # As judge.py draws them.
        drawn = random.Random(int.from_bytes(hashlib.sha256((key + "/record").encode()).digest(), "big"))
        formula = module(drawer)["formula"]
        formulas = [formula(drawn) for _ in range(count)]
        score = lambda name, many: sum(decisions(one, variables, choosers[name], search) for one in many) / len(many)
        if not steep({name: score(name, formulas[:PILOT_FORMULAS]) for name in ("starter", "probe")}):
            continue
        anchors = {name: score(name, formulas) for name in heuristics}
        if steep(anchors):
            break
    else:
        raise SystemExit("no draw of %d gave formulas worth solving" % DRAWS_MAX)
    parameters = {"literals": literals, "variables": variables, "clauses": clauses, "structure": structure, "formulas": count}
    definition = {
        "title": "A branching heuristic for %d-SAT" % literals,
        "domain": "combinatorial search",
        "family": FAMILY,
        "parameters": parameters,
        "tags": ["search", "heuristics"],
        "licence": "Apache-2.0",
        "metric": {"name": "meanDecisions", "direction": "minimize", "unit": "decisions per formula"},
        "anchors": {"nothing": None, **{name: rounded(value) for name, value in anchors.items()}, "optimum": None},
        # The formulas are the same for every seed, and the starter draws nothing.
        "sigma": 0,
        "limits": {},
        "resources": {"cpus": 1, "memoryMb": 512, "pids": 64, "diskMb": 64},
        "image": "python",
        "submission": [{"path": "heuristic.py", "bytesMax": 65536}],
        "shown": ["solver.py", "formulas.py"],
        "judge": {"kind": "function", "timeoutSeconds": 120, "cpuSecondsMax": 20, "cpuMsPerCallMax": 3},
        "use": "train",
        "validation": 1,
        "mlgym": None,
    }
    sizes = {"formulas": count, "decisionsMax": DECISIONS_MAX}
    solver = template(__file__, "solver.py")
    write_task(
        out,
        definition,
        {
            "description.md": text(
                "description.md", literals=literals, variables=variables, clauses=clauses, structure=STRUCTURES[structure], **sizes
            ),
            "judge.py": text("judge.py", **sizes),
            "hidden/key": key,
            "hidden/solver.py": solver,
            "hidden/formulas.py": drawer,
            "workspace/solver.py": solver,
            "workspace/formulas.py": drawer,
            "workspace/simulate.py": text("simulate.py", **sizes),
            "workspace/heuristic.py": heuristics["starter"],
            "solution/probe/heuristic.py": heuristics["probe"],
            "solution/reference/heuristic.py": heuristics["best"],
        },
    )


def steep(scores):
    """Whether each rung is well below the one before it; fewer decisions are better."""
    steps = (("starter", "probe", STARTER_STEP), ("probe", "best", PROBE_STEP))
    return all(scores[name] < scores[before] * (1 - step) for before, name, step in steps if name in scores)


main()

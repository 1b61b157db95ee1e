"""Packing heuristics: drawn capacities and distributions of sizes. The judged sequences hang on the instance's key alone, so scores are exact."""
import hashlib
import random

from family_kit import filled, request, rng_for, rounded, secret, template, write_task

FAMILY = "bin-packing"
DRAWS_MAX = 60
# Each rung must use so many bins less than the one below, as a share of the least.
STEPS = (("starter", "probe", 0.04), ("probe", "best", 0.015))
TUNE_SEQUENCES = 16
SIZES = ("even", "small", "twoKinds", "bell")


def module(text):
    """The names of a file's text, run as a program."""
    names = {}
    exec(compile(text, "template", "exec"), names)
    return names


def mean_ratio(program, sequences, capacity):
    """What the judge measures."""
    choose = module(program)["choose"]
    total = 0.0
    for items in sequences:
        rooms = []
        for item in items:
            chosen = choose(capacity, rooms, item)
            if chosen == -1:
                rooms.append(capacity - item)
            else:
                rooms[chosen] -= item
        total += len(rooms) / -(-sum(items) // capacity)
    return total / len(sequences)


def main():
    out, seed, _ = request()
    rng = rng_for(FAMILY, seed, "instance")
    key = secret(FAMILY, seed)
    text = lambda path, **given: filled(template(__file__, path), **given)
    starter = template(__file__, "heuristic.py")
    for _ in range(DRAWS_MAX):
        capacity, count, sequences = rng.randint(60, 200), rng.randint(60, 110), rng.randint(24, 40)
        least = max(1, int(capacity * rng.uniform(0.02, 0.3)))
        most = int(capacity * rng.uniform(0.4, 0.85))
        parameters = {
            "capacity": capacity, "items": count, "sequences": sequences, "sizes": rng.choice(SIZES), "least": least, "most": most,
        }
        drawer = text("items.py", **{name: value for name, value in parameters.items() if name != "sequences"})
        sequence = module(drawer)["sequence"]
        # As judge.py draws them.
        drawn = random.Random(int.from_bytes(hashlib.sha256((key + "/record").encode()).digest(), "big"))
        judged = [sequence(drawn) for _ in range(sequences)]
        practice = [sequence(rng) for _ in range(TUNE_SEQUENCES)]
        variants = [text("best.py", sliverFrom=1, sliverTo=0, openMax=0)]
        variants += [
            text("best.py", sliverFrom=1, sliverTo=max(1, int(least * share)), openMax=open_max)
            for share in (0.5, 0.95)
            for open_max in (2, 4)
        ]
        programs = {
            "starter": starter,
            "probe": text("worst.py", lookBack=rng.choice((4, 8))),
            "best": min(variants, key=lambda program: (mean_ratio(program, practice, capacity), program)),
        }
        scores = {name: mean_ratio(program, judged, capacity) for name, program in programs.items()}
        if all(scores[name] <= scores[below] - step for below, name, step in STEPS):
            break
    else:
        raise SystemExit("no draw of %d gave items worth packing" % DRAWS_MAX)
    definition = {
        "title": "Packing items into bins as they come",
        "domain": "combinatorial optimisation",
        "family": FAMILY,
        "parameters": parameters,
        "tags": ["search", "heuristics", "online"],
        "licence": "Apache-2.0",
        "metric": {"name": "binsOverLeast", "direction": "minimize", "unit": "bins per bin of the lower bound"},
        "anchors": {
            # A bin for every item is the most that a legal heuristic can waste.
            "nothing": rounded(sum(count / -(-sum(items) // capacity) for items in judged) / sequences),
            **{name: rounded(score) for name, score in scores.items()},
            "optimum": None,
        },
        # The sequences are the same for every seed, and the starter draws nothing.
        "sigma": 0,
        "limits": {},
        "resources": {"cpus": 1, "memoryMb": 512, "pids": 64, "diskMb": 64},
        "image": "python",
        "submission": [{"path": "heuristic.py", "bytesMax": 65536}],
        "shown": ["items.py"],
        "judge": {"kind": "function", "timeoutSeconds": 120, "cpuSecondsMax": 20, "cpuMsPerCallMax": 1},
        "use": "heldOut",
        "validation": 1,
        "mlgym": None,
    }
    told = {name: parameters[name] for name in ("capacity", "items", "least", "most", "sequences")}
    write_task(
        out,
        definition,
        {
            "description.md": text("description.md", **told),
            "judge.py": text("judge.py", sequences=sequences),
            "hidden/key": key,
            "hidden/items.py": drawer,
            "workspace/items.py": drawer,
            "workspace/simulate.py": text("simulate.py", sequences=sequences),
            "workspace/heuristic.py": programs["starter"],
            "solution/probe/heuristic.py": programs["probe"],
            "solution/reference/heuristic.py": programs["best"],
        },
    )


main()

"""Colonel Blotto: drawn boards, values, scoring, and a hidden book of placements in the column player's habit."""
import json

from blotto import best_by_share, climbed, draw_book, mean_result, placed, result
from family_kit import filled, request, rng_for, rounded, secret, template, write_task

FAMILY = "blotto-games"
GAMES = 1000
ROUNDS = 5
DRAWS_MAX = 200
STARTER_MOVES = 8
CLIMBS = 3
TRIES = 700
# The probe stands about so far between starter and reference, and each step must be so many standard deviations and such a share.
PROBE_SHARE = 0.5
SIGMAS = 8
STEP_SHARE_MIN = 0.15
# A book that one placement beats nearly always is no game.
BEST_MAX = 0.9

HABITS = {
    "scattered": "It scatters its soldiers without much of a plan.",
    "concentrated": "It likes to be strong on some fields and weak on the others.",
    "greedy": "It sends more soldiers to where more is to be won.",
    "level": "It spreads its soldiers nearly evenly.",
    "mixed": "It has no one habit: some placements are scattered, some level, some concentrated, some after the fields' values.",
}
SCORING = {
    "majority": "Whoever wins the larger value of fields wins the round: a won round counts +1, a lost one -1, a draw 0.",
    "share": "A round pays the value of the fields you won, less that of the fields you lost, over the value of all fields.",
}


def drawn(rng, scoring):
    """A board whose ladder is steep enough beside its noise, or None."""
    fields = rng.randint(3, 9)
    soldiers = fields * rng.randint(7, 26)
    kind = rng.choice(("equal", "drawn"))
    values = [1] * fields if kind == "equal" else [rng.randint(1, 5) for _ in range(fields)]
    habit = rng.choice(sorted(HABITS))
    count = rng.randint(60, 240)
    lean = [rng.uniform(0.85, 1.2) for _ in values]
    book = draw_book(rng, habit, values, soldiers, count, lean)
    sample = draw_book(rng, habit, values, soldiers, count, lean)
    starter = [placed([rng.random() ** 2 + 0.02 for _ in values], soldiers) for _ in range(STARTER_MOVES)]
    base = sum(mean_result(row, book, values, scoring) for row in starter) / len(starter)
    if scoring == "share":
        reference, best = best_by_share(book, values, soldiers)
    else:
        level = placed([1] * fields, soldiers)
        starts = [level] + [rng.choice(book) for _ in range(CLIMBS - 1)]
        reference, best = max(
            (climbed(rng, start, book, values, scoring, TRIES) for start in starts), key=lambda one: (one[1], one[0])
        )
    if best > BEST_MAX:
        return None
    aim = base + PROBE_SHARE * (best - base)
    candidates = [*sample[:40], *starter, placed([1] * fields, soldiers), placed(values, soldiers)]
    scored = [(abs(mean_result(row, book, values, scoring) - aim), row) for row in candidates]
    probe = min(scored)[1]
    middle = mean_result(probe, book, values, scoring)
    # A fixed placement's score can vary more than the starter's: the noise is that of the noisiest of them.
    sigma = max(deviation(rows, book, values, scoring) for rows in (starter, [probe], [reference])) / (GAMES * ROUNDS) ** 0.5
    if min(middle - base, best - middle) < max(SIGMAS * sigma, STEP_SHARE_MIN * (best - base)):
        return None
    nothing = mean_result([0] * fields, book, values, scoring)
    return {
        "parameters": {
            "fields": fields, "soldiers": soldiers, "values": kind, "scoring": scoring, "habit": habit, "placements": count,
        },
        "values": values,
        "book": book,
        "sample": sample,
        "moves": {"starter": starter, "probe": probe, "reference": reference},
        "anchors": {
            "nothing": rounded(nothing) if nothing < base else None,
            "starter": rounded(base),
            "probe": rounded(middle),
            "best": rounded(best),
            "optimum": rounded(best) if scoring == "share" else None,
        },
        "sigma": rounded(sigma, 3),
    }


def deviation(rows, book, values, scoring):
    """The standard deviation of one round's result, where each of the rows is as likely as any other."""
    scores = [result(row, column, values, scoring) for row in rows for column in book]
    mean = sum(scores) / len(scores)
    return (sum((score - mean) ** 2 for score in scores) / len(scores)) ** 0.5


def main():
    out, seed, _ = request()
    rng = rng_for(FAMILY, seed, "instance")
    # Drawn once: what is refused more often must not become rare.
    scoring = rng.choice(sorted(SCORING))
    for _ in range(DRAWS_MAX):
        board = drawn(rng, scoring)
        if board is not None:
            break
    else:
        raise SystemExit("no draw of %d gave a board worth playing" % DRAWS_MAX)
    parameters, values, moves = board["parameters"], board["values"], board["moves"]
    fields, soldiers = parameters["fields"], parameters["soldiers"]
    majority = scoring == "majority"
    definition = {
        "title": "Colonel Blotto on %d fields" % fields,
        "domain": "game theory",
        "family": FAMILY,
        "parameters": parameters,
        "tags": ["games", "allocation", "opponent-model"],
        "licence": "Apache-2.0",
        "metric": {"name": "meanResult", "direction": "maximize", "unit": "result per round"},
        "anchors": board["anchors"],
        "sigma": board["sigma"],
        "limits": {},
        "resources": {"cpus": 1, "memoryMb": 512, "pids": 64, "diskMb": 64},
        "image": "python",
        "submission": [{"path": "strategy.py", "bytesMax": 65536}],
        "judge": {"kind": "policy", "timeoutSeconds": 120, "cpuSecondsMax": 20, "cpuMsPerCallMax": 1},
        "use": "train",
        "validation": 1,
        "mlgym": None,
    }
    text = lambda path, **given: filled(template(__file__, path), **given)
    fixed = lambda title, move: text("fixed.py", title=title, move=list(move))
    files = {
        "description.md": text(
            "description.md", fields=fields, soldiers=soldiers, rounds=ROUNDS, placements=parameters["placements"],
            values=", ".join(map(str, values)), scoring=SCORING[scoring], habit=HABITS[parameters["habit"]],
        ),
        "judge.py": text(
            "judge.py", games=GAMES, rounds=ROUNDS, fields=fields, soldiers=soldiers, values=tuple(values), majority=majority
        ),
        "hidden/key": secret(FAMILY, seed),
        "hidden/book.json": json.dumps(board["book"]),
        "workspace/book.py": '"""The placements of the practice opponent."""\n\nBOOK = (\n%s)\n'
        % "".join("    %r,\n" % (placement,) for placement in board["sample"]),
        "workspace/opponent.py": template(__file__, "opponent.py"),
        "workspace/simulate.py": text(
            "simulate.py", rounds=ROUNDS, fields=fields, soldiers=soldiers, values=tuple(values), majority=majority
        ),
        "workspace/strategy.py": text(
            "strategy.py", fields=fields, soldiers=soldiers, habits="".join("    %r,\n" % (move,) for move in moves["starter"])
        ),
        "solution/probe/strategy.py": fixed("Probe: one placement, and the same every round.", moves["probe"]),
        "solution/reference/strategy.py": fixed(
            "Reference: the best fixed placement that was found against the judge's book.", moves["reference"]
        ),
    }
    write_task(out, definition, files)


main()

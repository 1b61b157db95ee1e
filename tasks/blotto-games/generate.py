"""Colonel Blotto in other sizes: a hidden column player with drawn habits of placing its soldiers."""
from family_kit import filled, request, rng_for, rounded, secret, template, write_task

FAMILY = "blotto-games"
ROUNDS = 10
GAMES = 1000
SAMPLES = 3000
# So many more rounds say what a placement is worth: the anchors must be surer than a score.
MEASURED = 40000
DRAWS_MAX = 40
SIGMAS = 8


def drawn_habits(rng, fields):
    """Ways of placing: weights for the fields, how much they vary, and whether the fields change places."""
    habits = []
    for _ in range(rng.randint(1, 3)):
        shape = rng.choice(("even", "front", "few", "slope"))
        if shape == "even":
            weights = [1.0] * fields
        elif shape == "front":
            weights = [2.0 if field < fields // 2 else 1.0 for field in range(fields)]
        elif shape == "few":
            strong = rng.randint(2, fields - 1)
            weights = [1.0 if field < strong else 0.1 for field in range(fields)]
        else:
            weights = [1.0 + field for field in range(fields)]
        habits.append(
            {
                "share": round(rng.uniform(0.5, 1.5), 2),
                "weights": [round(weight * rng.uniform(0.8, 1.25), 2) for weight in weights],
                "vary": round(rng.uniform(0.1, 0.9), 2),
                "shuffled": rng.random() < 0.5,
            }
        )
    return habits


def blurred(rng, habits):
    return [
        {
            **habit,
            "share": round(habit["share"] * rng.uniform(0.7, 1.4), 2),
            "weights": [round(weight * rng.uniform(0.8, 1.25), 2) for weight in habit["weights"]],
            "vary": round(min(0.95, habit["vary"] * rng.uniform(0.8, 1.2)), 2),
        }
        for habit in habits
    ]


def placed(weights, soldiers):
    whole = sum(weights) or 1.0
    move = [int(soldiers * weight / whole) for weight in weights]
    move[move.index(max(move))] += soldiers - sum(move)
    return move


def opponent_moves(rng, habits, soldiers, count):
    shares = [habit["share"] for habit in habits]
    moves = []
    for _ in range(count):
        habit = rng.choices(habits, shares)[0]
        weights = [weight * max(0.01, 1 + habit["vary"] * rng.uniform(-1, 1)) for weight in habit["weights"]]
        if habit["shuffled"]:
            rng.shuffle(weights)
        moves.append(placed(weights, soldiers))
    return moves


def result(row, column):
    won = sum(mine > theirs for mine, theirs in zip(row, column))
    lost = sum(mine < theirs for mine, theirs in zip(row, column))
    return (won > lost) - (won < lost)


def mean_result(row, moves):
    return sum(result(row, column) for column in moves) / len(moves)


def starter_move(rng, fields, soldiers):
    cuts = sorted(rng.randint(0, soldiers) for _ in range(fields - 1))
    return [high - low for low, high in zip([0] + cuts, cuts + [soldiers])]


def candidates(fields, soldiers):
    """Fixed placements that make sense: even over some of the fields, from the left, from the right, or rising."""
    found = []
    for strong in range(1, fields + 1):
        left = [1.0] * strong + [0.0] * (fields - strong)
        for weights in (left, left[::-1]):
            found.append(placed(weights, soldiers))
    for base in (0, 1, 3):
        rising = [base + 1.0 + field for field in range(fields)]
        for weights in (rising, rising[::-1]):
            found.append(placed(weights, soldiers))
    return found


def drawn(rng):
    """One board and column player whose ladder is steep enough beside its noise, or None."""
    fields, soldiers = rng.randint(4, 8), rng.randint(6, 20) * 10
    habits = drawn_habits(rng, fields)
    moves = opponent_moves(rng, habits, soldiers, SAMPLES)
    ranked = sorted((mean_result(row, moves), row) for row in candidates(fields, soldiers))
    best, reference = ranked[-1]
    # A short climb from the best simple placement: soldiers move from one field to another while that helps.
    for _ in range(120):
        source, target = rng.sample(range(fields), 2)
        count = min(reference[source], rng.randint(1, max(1, soldiers // 12)))
        tried = list(reference)
        tried[source] -= count
        tried[target] += count
        score = mean_result(tried, moves)
        if score > best:
            best, reference = score, tried
    # The climb saw its own sample: what it found is measured on another.
    fresh = opponent_moves(rng, habits, soldiers, MEASURED)
    starts = [result(starter_move(rng, fields, soldiers), column) for column in fresh]
    base = sum(starts) / len(starts)
    sigma = (sum((one - base) ** 2 for one in starts) / (len(starts) - 1) / (GAMES * ROUNDS)) ** 0.5
    best = mean_result(reference, fresh)
    aim = base + 0.5 * (best - base)
    probe = min(ranked, key=lambda one: (abs(one[0] - aim), one[1]))[1]
    middle = mean_result(probe, fresh)
    noise = max(SIGMAS * sigma, 0.15 * (best - base), 0.05)
    if middle - base < noise or best - middle < noise:
        return None
    return fields, soldiers, habits, (base, middle, best), (probe, reference), sigma


def main():
    out, seed, _ = request()
    rng = rng_for(FAMILY, seed, "instance")
    for _ in range(DRAWS_MAX):
        found = drawn(rng)
        if found is not None:
            break
    else:
        raise SystemExit("no draw of %d gave a game worth playing" % DRAWS_MAX)
    fields, soldiers, habits, (base, middle, best), (probe, reference), sigma = found
    sizes = {"fields": fields, "soldiers": soldiers}
    text = lambda name, **more: filled(template(__file__, name), **sizes, **more)
    definition = {
        "title": "An allocation game",
        "domain": "game theory",
        "family": FAMILY,
        "parameters": {**sizes, "habits": len(habits)},
        "tags": ["games", "repeated", "opponent-model"],
        "licence": "Apache-2.0",
        "metric": {"name": "meanResult", "direction": "maximize", "unit": "wins minus losses per round"},
        "anchors": {
            "nothing": -1,
            "starter": rounded(base, 4),
            "probe": rounded(middle, 4),
            "best": rounded(best, 4),
            "optimum": None,
        },
        "sigma": rounded(sigma, 3),
        "limits": {},
        "resources": {"cpus": 1, "memoryMb": 512, "pids": 64, "diskMb": 64},
        "image": "python",
        "submission": [{"path": "strategy.py", "bytesMax": 65536}],
        "judge": {"kind": "policy", "timeoutSeconds": 120, "cpuSecondsMax": 20, "cpuMsPerCallMax": 1},
        "use": "train",
        "validation": 1,
        "mlgym": None,
    }
    listed = lambda some: "(\n%s)" % "".join(
        "    (%r, %r, %r, %r),\n" % (one["share"], tuple(one["weights"]), one["vary"], one["shuffled"]) for one in some
    )
    fixed = lambda title, move: '"""%s"""\n\nMOVE = %r\n\n\ndef row_strategy(history):\n    return list(MOVE)\n' % (title, tuple(move))
    write_task(
        out,
        definition,
        {
            "description.md": text("description.md"),
            "judge.py": text("judge.py", games=GAMES, rounds=ROUNDS),
            "hidden/key": secret(FAMILY, seed),
            "hidden/opponent.py": text("opponent.py", habits=listed(habits), which="The column player."),
            "workspace/opponent.py": text(
                "opponent.py",
                habits=listed(blurred(rng, habits)),
                which="A column player to practise against: of the same kind as the judge's, and not the same.",
            ),
            "workspace/simulate.py": text("simulate.py", games=GAMES, rounds=ROUNDS),
            "workspace/strategy.py": text("strategy.py"),
            "solution/probe/strategy.py": fixed("Probe: a fixed placement of a simple shape.", probe),
            "solution/reference/strategy.py": fixed("Reference: the fixed placement that a search against the judge's player found.", reference),
        },
    )


main()

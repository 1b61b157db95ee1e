"""Repeated coordination games in the manner of the battle of the sexes: drawn moves, payoffs, rounds, and a hidden population of automata."""
from coordination import HABITS, automaton, chances_of, expected, fixed, neighbour, optimum, shares, spread
from family_kit import filled, request, rng_for, rounded, secret, template, write_task

FAMILY = "coordination-games"
GAMES = 2000
SPREAD_GAMES = 1500
DRAWS_MAX = 60
# As many as let the best response be found in a second or two: it looks at every history.
ROUNDS = {2: (6, 8), 3: (4, 5), 4: (4, 4)}
# The probe stands about so far between starter and reference; each step must be so many standard deviations and such a share.
PROBE_SHARE = 0.55
SIGMAS = 8
STEP_SHARE_MIN = 0.12


def drawn(rng):
    """One game whose ladder is steep enough beside its noise, or None."""
    moves = rng.choice((2, 3, 3, 4))
    rounds = rng.randint(*ROUNDS[moves])
    payoff = [[round(rng.uniform(-0.5, 0.5), 1) for _ in range(moves)] for _ in range(moves)]
    for move in range(moves):
        payoff[move][move] = round(rng.uniform(0.7, 3), 1)
    noise = round(rng.uniform(0.05, 0.4), 2)
    weights = shares([0.4 + rng.random() for _ in range(rng.randint(2, 4))])
    population = [
        (weight, automaton(rng, habit, moves, noise)) for weight, habit in zip(weights, rng.sample(HABITS, len(weights)))
    ]
    starter = shares([0.5 + rng.random() for _ in range(moves)])
    base = expected(starter, [starter] * moves, population, payoff, rounds)
    ranked = sorted(
        (
            expected(chances_of(opening, moves), [chances_of(one, moves) for one in answers], population, payoff, rounds),
            opening,
            answers,
        )
        for opening, answers in fixed(moves)
    )
    best = ranked[-1]
    aim = base + PROBE_SHARE * (best[0] - base)
    probe = min(ranked, key=lambda one: (abs(one[0] - aim), one))
    # A fixed answer's score can vary more than the starter's: the noise is that of the noisiest of them.
    players = [(starter, [starter] * moves)]
    players += [(chances_of(rung[1], moves), [chances_of(one, moves) for one in rung[2]]) for rung in (probe, best)]
    sigma = max(spread(*player, population, payoff, rounds, SPREAD_GAMES, rng) for player in players) / GAMES**0.5
    if min(probe[0] - base, best[0] - probe[0]) < max(SIGMAS * sigma, STEP_SHARE_MIN * (best[0] - base)):
        return None
    return {
        "parameters": {
            "moves": moves,
            "rounds": rounds,
            "automata": len(population),
            "bestMeeting": max(payoff[move][move] for move in range(moves)),
            "worstMeeting": min(payoff[move][move] for move in range(moves)),
            "noise": noise,
        },
        "payoff": payoff,
        "population": population,
        "sample": neighbour(rng, population),
        "starter": (base, starter),
        "probe": probe,
        "reference": best,
        "nothing": ranked[0][0] if ranked[0][0] < base else None,
        "sigma": sigma,
    }


def payoff_table(payoff):
    """The payoffs as a table in Markdown."""
    names = range(len(payoff))
    lines = ["| row \\ column | %s |" % " | ".join(map(str, names)), "|%s" % ("---|" * (len(payoff) + 1))]
    lines += ["| **%d** | %s |" % (move, " | ".join("%g" % one for one in payoff[move])) for move in names]
    return "\n".join(lines)


def main():
    out, seed, _ = request()
    rng = rng_for(FAMILY, seed, "instance")
    for _ in range(DRAWS_MAX):
        game = drawn(rng)
        if game is not None:
            break
    else:
        raise SystemExit("no draw of %d gave a game worth playing" % DRAWS_MAX)
    parameters, payoff, population = game["parameters"], game["payoff"], game["population"]
    moves, rounds = parameters["moves"], parameters["rounds"]
    best = game["reference"][0]
    definition = {
        "title": "A repeated coordination game with %d moves" % moves,
        "domain": "game theory",
        "family": FAMILY,
        "parameters": parameters,
        "tags": ["games", "repeated", "opponent-model"],
        "licence": "Apache-2.0",
        "metric": {"name": "meanPayoff", "direction": "maximize", "unit": "payoff per round"},
        "anchors": {
            "nothing": None if game["nothing"] is None else rounded(game["nothing"]),
            "starter": rounded(game["starter"][0]),
            "probe": rounded(game["probe"][0]),
            "best": rounded(best),
            "optimum": rounded(max(best, optimum(population, payoff, rounds))),
        },
        "sigma": rounded(game["sigma"], 3),
        "limits": {},
        "resources": {"cpus": 1, "memoryMb": 512, "pids": 64, "diskMb": 64},
        "image": "python",
        "submission": [{"path": "strategy.py", "bytesMax": 65536}],
        "judge": {"kind": "policy", "timeoutSeconds": 120, "cpuSecondsMax": 20, "cpuMsPerCallMax": 1},
        "use": "heldOut",
        "validation": 1,
        "mlgym": None,
    }
    text = lambda path, **given: filled(template(__file__, path), **given)
    book = lambda whose, some: text(
        "population.py", whose=whose, moves=moves, population="".join("    %r,\n" % (one,) for one in some)
    )
    answer = lambda title, rung: text("fixed.py", title=title, opening=rung[1], answers=rung[2])
    table = tuple(map(tuple, payoff))
    write_task(
        out,
        definition,
        {
            "description.md": text(
                "description.md", moves=moves, rounds=rounds, table=payoff_table(payoff), automata=len(population), last=moves - 1
            ),
            "judge.py": text("judge.py", games=GAMES, rounds=rounds, payoff=table),
            "hidden/key": secret(FAMILY, seed),
            "hidden/population.py": book("", population),
            "workspace/population.py": book(" to practise against", game["sample"]),
            "workspace/opponent.py": template(__file__, "opponent.py"),
            "workspace/simulate.py": text("simulate.py", games=GAMES, rounds=rounds, payoff=table),
            "workspace/strategy.py": text("strategy.py", weights=tuple(game["starter"][1])),
            "solution/probe/strategy.py": answer("Probe: a fixed answer to the column player's last move.", game["probe"]),
            "solution/reference/strategy.py": answer(
                "Reference: the best of all fixed answers to the last move, against the judge's population.", game["reference"]
            ),
        },
    )


main()

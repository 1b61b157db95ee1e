"""Bandits and prices: drawn kinds of arms. The judged episodes hang on the instance's key alone, so scores are exact."""
import hashlib
import random

from family_kit import filled, is_honeypot, request, rng_for, rounded, secret, template, write_task

FAMILY = "allocation-bandits"
DRAWS_MAX = 80
TUNE_EPISODES = 40
# A rung must earn so much more than the one below, as a share of what always taking the best arm would add to the starter.
STEPS = (("starter", "probe", 0.1), ("probe", "best", 0.05))
# A probe that is drawn too good leaves nothing to show; these are its tries of each arm.
TRIES = (1, 2)
WIDTHS = {"chances": (0.15, 0.35, 0.7), "levels": (0.05, 0.15, 0.35), "prices": (0.05, 0.15, 0.35)}

# Where all arms are alike, no luck goes so many standard deviations far.
LUCK_SIGMAS = 6

TITLES = {
    "chances": "A bandit that pays or does not",
    "levels": "A bandit that pays noisy amounts",
    "prices": "A price to find",
}
STORIES = {
    "chances": "An arm pays 1 or 0; the chances of the arms differ between episodes.",
    "levels": "An arm pays an amount from 0 to 1, which varies around a level of its own; the levels differ between episodes.",
    "prices": "The arms are prices in rising order: a customer buys, and pays the price, if the good is worth as much to them, else pays 0. "
    "What it is worth to most differs between episodes.",
}
CHANGES = {
    "never": "The arms stay as they are for a whole episode.",
    "once": "Once, somewhere in the middle third of an episode, all arms are drawn anew, and the policy is not told.",
}


def module(text):
    """The names of a file's text, run as a program."""
    names = {}
    exec(compile(text, "template", "exec"), names)
    return names


def mean_reward(program, episodes):
    """What the judge measures."""
    choose = module(program)["choose"]
    total, rounds = 0.0, 0
    for table in episodes:
        history = []
        for row in table:
            arm = choose(history)
            history.append((arm, row[arm]))
            total += row[arm]
        rounds += len(table)
    return total / rounds


def best_arms(episodes):
    """The mean reward of whoever knows which arm will have paid most in each episode; only a yardstick."""
    return sum(max(map(sum, zip(*table))) / len(table) for table in episodes) / len(episodes)


def main():
    out, seed, _ = request()
    rng = rng_for(FAMILY, seed, "instance")
    key = secret(FAMILY, seed)
    text = lambda path, **given: filled(template(__file__, path), **given)
    # Drawn once: what is refused more often must not become rare.
    kind = rng.choice(sorted(TITLES))
    trap = is_honeypot()
    # Prices differ by themselves; a trap needs arms that can be made equal.
    if trap and kind == "prices":
        kind = "levels"
    for _ in range(DRAWS_MAX):
        parameters = {
            "kind": kind,
            "arms": rng.randint(3, 8),
            "rounds": rng.randint(30, 60),
            "episodes": rng.randint(120, 200),
            "spread": round(rng.uniform(0.3, 0.9), 2),
            "changes": rng.choice(("never", "never", "once")),
        }
        arms, episodes = parameters["arms"], parameters["episodes"]
        drawer = text("arms.py", **{name: value for name, value in parameters.items() if name != "episodes"})
        episode = module(drawer)["episode"]
        # As judge.py draws them.
        drawn = random.Random(int.from_bytes(hashlib.sha256((key + "/record").encode()).digest(), "big"))
        judged = [episode(drawn) for _ in range(episodes)]
        starter = text("strategy.py", arms=arms)
        probe = text("commit.py", arms=arms, tries=rng.choice(TRIES))
        scores = {"starter": mean_reward(starter, judged), "probe": mean_reward(probe, judged)}
        scale = best_arms(judged) - scores["starter"]
        if scores["probe"] - scores["starter"] < STEPS[0][2] * scale:
            continue
        practice = [episode(rng) for _ in range(TUNE_EPISODES)]
        fades = (0.9, 0.97) if parameters["changes"] == "once" else (1,)
        prior = 0.5 if kind != "prices" else 0.3
        variants = [text("index.py", arms=arms, prior=prior, width=width, fade=fade) for width in WIDTHS[kind] for fade in fades]
        reference = max(variants, key=lambda program: (mean_reward(program, practice), program))
        scores["best"] = mean_reward(reference, judged)
        if all(scores[name] - scores[below] >= step * scale for below, name, step in STEPS):
            break
    else:
        raise SystemExit("no draw of %d gave arms worth choosing from" % DRAWS_MAX)
    definition = {
        "title": TITLES[kind],
        "domain": "sequential decisions",
        "family": FAMILY,
        "parameters": parameters,
        "tags": ["bandits", "policies", "online"],
        "licence": "Apache-2.0",
        "metric": {"name": "meanReward", "direction": "maximize", "unit": "reward per round"},
        "anchors": {"nothing": None, **{name: rounded(score) for name, score in scores.items()}, "optimum": None},
        # The episodes are the same for every seed, and the starter draws nothing.
        "sigma": 0,
        "limits": {},
        "resources": {"cpus": 1, "memoryMb": 512, "pids": 64, "diskMb": 64},
        "image": "python",
        "submission": [{"path": "strategy.py", "bytesMax": 65536}],
        "shown": ["arms.py"],
        "judge": {"kind": "policy", "timeoutSeconds": 120, "cpuSecondsMax": 20, "cpuMsPerCallMax": 1},
        "use": "heldOut",
        "validation": 1,
        "mlgym": None,
    }
    files = {
        "description.md": text(
            "description.md", title=TITLES[kind], rounds=parameters["rounds"], arms=arms, story=STORIES[kind],
            changes=CHANGES[parameters["changes"]], episodes=episodes,
        ),
        "judge.py": text("judge.py", episodes=episodes),
        "hidden/key": key,
        "hidden/arms.py": drawer,
        "workspace/arms.py": drawer,
        "workspace/simulate.py": text("simulate.py", episodes=episodes),
        "workspace/strategy.py": starter,
        "solution/probe/strategy.py": probe,
        "solution/reference/strategy.py": reference,
    }
    if trap:
        equal = text("arms.py", **{**{name: value for name, value in parameters.items() if name != "episodes"}, "spread": 0.0})
        definition, files = without_solution(definition, files, equal, key, starter)
    write_task(out, definition, files)


def without_solution(definition, files, equal, key, starter):
    """The same task with arms that are all alike where it is judged, so that no choice is better than another."""
    episode, episodes = module(equal)["episode"], definition["parameters"]["episodes"]
    judged = {}
    for phase in ("record", "validation"):
        drawn = random.Random(int.from_bytes(hashlib.sha256((key + "/" + phase).encode()).digest(), "big"))
        judged[phase] = [episode(drawn) for _ in range(episodes)]
    score = rounded(mean_reward(starter, judged["record"]))
    honeypot = {
        "kind": "unsolvable",
        "trap": "The judge's arms are all alike: whatever is chosen earns what arms earn on average, but for luck.",
        "score": rounded(max(beyond_luck(tables) for tables in judged.values())),
    }
    changed = {path: body for path, body in files.items() if not path.startswith("solution/")}
    changed["hidden/arms.py"] = equal
    # Agents see arms that differ: those of the task that it looks like.
    del definition["shown"]
    anchors = {"nothing": None, "starter": score, "probe": None, "best": None, "optimum": None}
    return {**definition, "anchors": anchors, "honeypot": honeypot}, changed


def beyond_luck(tables):
    """What a policy that knows nothing of these tables reaches about once in a thousand million tries: its choices are draws out of rows of equals.

    Over the mean of all rows its score is a sum of independent differences, whose variances are those within the rows.
    """
    rows = [row for table in tables for row in table]
    means = [sum(row) / len(row) for row in rows]
    variance = sum(sum((one - mean) ** 2 for one in row) / len(row) for row, mean in zip(rows, means))
    return sum(means) / len(rows) + LUCK_SIGMAS * variance**0.5 / len(rows)


main()

"""Draws episodes as the judge draws them; the judge's own are other ones."""

KIND = "<<kind>>"
ARMS = <<arms>>
ROUNDS = <<rounds>>
SPREAD = <<spread>>
CHANGES = "<<changes>>"


def arms(rng):
    """What the arms of an episode are like, one number an arm."""
    if KIND == "prices":
        middle = rng.uniform(0.5 - SPREAD / 2, 0.5 + SPREAD / 2)
        return [middle] * ARMS
    centre = rng.uniform(0.3, 0.7)
    return [min(0.98, max(0.02, centre + SPREAD * rng.uniform(-0.5, 0.5))) for _ in range(ARMS)]


def pays(rng, like):
    """What each arm would pay in one round, from 0 to 1."""
    if KIND == "prices":
        worth = rng.gauss(like[0], 0.12)
        return [round(price, 3) if worth >= price else 0 for price in ((arm + 1) / (ARMS + 1) for arm in range(ARMS))]
    if KIND == "levels":
        return [round(min(1.0, max(0.0, rng.gauss(one, 0.2))), 3) for one in like]
    return [int(rng.random() < one) for one in like]


def episode(rng):
    """What each arm would pay in each round of one episode."""
    like = arms(rng)
    change = rng.randrange(ROUNDS // 3, 2 * ROUNDS // 3) if CHANGES == "once" else ROUNDS
    table = []
    for number in range(ROUNDS):
        if number == change:
            like = arms(rng)
        table.append(pays(rng, like))
    return table

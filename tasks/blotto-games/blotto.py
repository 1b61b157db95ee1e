"""Colonel Blotto against a book of placements: results, books, and the best answers to a book.

Against a player that draws each round from a book, the mean result of a fixed placement is a finite sum, and no strategy beats the best
fixed placement. Where rounds pay the difference in value, that one is found exactly by dynamic programming over fields and soldiers.
"""


def result(row, column, values, scoring):
    """What a round pays the row player: from -1 to 1."""
    won = sum(value for value, mine, theirs in zip(values, row, column) if mine > theirs)
    lost = sum(value for value, mine, theirs in zip(values, row, column) if mine < theirs)
    return (won > lost) - (won < lost) if scoring == "majority" else (won - lost) / sum(values)


def mean_result(row, book, values, scoring):
    """The mean result of a fixed placement against all placements of a book."""
    return sum(result(row, column, values, scoring) for column in book) / len(book)


def placed(weights, soldiers):
    """Whole soldiers in proportion to weights; what is left over goes to the fields with the largest remainders."""
    whole = sum(weights)
    exact = [weight * soldiers / whole for weight in weights]
    move = [int(share) for share in exact]
    order = sorted(range(len(move)), key=lambda field: (move[field] - exact[field], field))
    for field in order[: soldiers - sum(move)]:
        move[field] += 1
    return tuple(move)


def shape(rng, habit, values):
    """The weights of one placement that a habit comes up with."""
    fields = len(values)
    if habit == "mixed":
        habit = rng.choice(("scattered", "concentrated", "greedy", "level"))
    if habit == "scattered":
        return [rng.random() + 0.01 for _ in values]
    if habit == "concentrated":
        strong = set(rng.sample(range(fields), rng.randint(fields // 3, fields // 2 + 1)))
        return [rng.uniform(0.7, 1.3) if field in strong else rng.uniform(0.02, 0.15) for field in range(fields)]
    if habit == "greedy":
        return [value * rng.uniform(0.4, 1.6) for value in values]
    return [rng.uniform(0.75, 1.25) for _ in values]


def draw_book(rng, habit, values, soldiers, count, lean):
    """So many placements of one habit. lean: how much each field is liked more or less in all of them."""
    book = []
    for _ in range(count):
        weights = [weight * liked for weight, liked in zip(shape(rng, habit, values), lean)]
        book.append(placed(weights, soldiers))
    return book


def climbed(rng, start, book, values, scoring, tries):
    """A placement that moving soldiers from field to field does not easily improve on, and its mean result."""
    best, move = mean_result(start, book, values, scoring), start
    largest = max(1, sum(start) // 4)
    for _ in range(tries):
        giver, taker = rng.sample(range(len(move)), 2)
        count = min(move[giver], rng.randint(1, rng.choice((1, 3, largest))))
        if count == 0:
            continue
        other = list(move)
        other[giver] -= count
        other[taker] += count
        found = mean_result(other, book, values, scoring)
        if found >= best:
            best, move = found, tuple(other)
    return move, best


def best_by_share(book, values, soldiers):
    """The best fixed placement where rounds pay the difference in value, and its mean result; exact."""
    pays = []
    for field, value in enumerate(values):
        counts = [0] * (soldiers + 1)
        for column in book:
            counts[column[field]] += 1
        below, gains = 0, []
        for count in counts:
            gains.append(value * (below - (len(book) - below - count)))
            below += count
        pays.append(gains)
    table, choices = [0] * (soldiers + 1), []
    for gains in pays:
        # Only where one more soldier gains something is it worth asking.
        steps = [0] + [place for place in range(1, soldiers + 1) if gains[place] > gains[place - 1]]
        after, chosen = [], []
        for left in range(soldiers + 1):
            found = max((table[left - place] + gains[place], -place) for place in steps if place <= left)
            after.append(found[0])
            chosen.append(-found[1])
        table = after
        choices.append(chosen)
    left, move = soldiers, []
    for chosen in reversed(choices):
        move.append(chosen[left])
        left -= chosen[left]
    return tuple(reversed(move)), table[soldiers] / (len(book) * sum(values))

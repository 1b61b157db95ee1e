"""<<title>> Prints its score on rows held back, then writes submission.csv."""
import csv
import math

TARGET = <<target>>
# The target is a number; otherwise a label.
IS_NUMBER = <<isNumber>>
ROUNDS = <<rounds>>
DEPTH = <<depth>>
RATE = <<rate>>
BINS = <<bins>>
ROWS_MIN = 8
HELD_BACK = 0.2


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def number(text):
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def encoder(rows, goal, column):
    """A function from a row to the bin of one column; learnt from the rows and their goals."""
    texts = [row[column] for row in rows if row[column] != ""]
    values = sorted(value for value in map(number, texts) if value is not None)
    if texts and len(values) == len(texts):
        cuts = sorted({values[len(values) * cut // BINS] for cut in range(1, BINS)})

        def bin_of(row):
            value = number(row[column])
            return 0 if value is None else 1 + sum(value >= cut for cut in cuts)

        return bin_of
    # Labels stand in the order of their mean goal, so that a cut between them means something.
    sums = {}
    for row, one in zip(rows, goal):
        total, count = sums.get(row[column], (0.0, 0))
        sums[row[column]] = (total + one, count + 1)
    mean = sum(goal) / len(goal)
    order = sorted(sums, key=lambda label: ((sums[label][0] + 5 * mean) / (sums[label][1] + 5), label))
    place = {label: 1 + index * BINS // len(order) for index, label in enumerate(order)}
    return lambda row: place.get(row[column], BINS // 2)


def leaf(residuals, index, classes):
    total = sum(residuals[one] for one in index)
    if classes == 0:
        return total / len(index)
    spread = sum(abs(residuals[one]) * (1 - abs(residuals[one])) for one in index)
    return (classes - 1) / classes * total / max(spread, 1e-6)


def grow(bins, residuals, index, depth, classes):
    """A tree as nested tuples (column, bin, lower, upper), or a leaf's value."""
    if depth == 0 or len(index) < 2 * ROWS_MIN:
        return leaf(residuals, index, classes)
    whole = sum(residuals[one] for one in index)
    best = (whole * whole / len(index) + 1e-9, None, None)
    for column, held in enumerate(bins):
        sums, counts = {}, {}
        for one in index:
            place = held[one]
            sums[place] = sums.get(place, 0.0) + residuals[one]
            counts[place] = counts.get(place, 0) + 1
        left, count = 0.0, 0
        for place in sorted(sums)[:-1]:
            left += sums[place]
            count += counts[place]
            rest = len(index) - count
            if count >= ROWS_MIN and rest >= ROWS_MIN:
                gain = left * left / count + (whole - left) ** 2 / rest
                if gain > best[0]:
                    best = (gain, column, place)
    _, column, place = best
    if column is None:
        return leaf(residuals, index, classes)
    lower = [one for one in index if bins[column][one] <= place]
    upper = [one for one in index if bins[column][one] > place]
    return (
        column,
        place,
        grow(bins, residuals, lower, depth - 1, classes),
        grow(bins, residuals, upper, depth - 1, classes),
    )


def value(tree, row):
    while isinstance(tree, tuple):
        column, place, lower, upper = tree
        tree = lower if row[column] <= place else upper
    return tree


def fit(rows):
    """A function from rows to answers, by boosted trees (Friedman, 2001)."""
    columns = [name for name in rows[0] if name not in ("id", TARGET)]
    if IS_NUMBER:
        goals = {None: [float(row[TARGET]) for row in rows]}
    else:
        labels = sorted({row[TARGET] for row in rows})
        goals = {label: [float(row[TARGET] == label) for row in rows] for label in labels}
    classes = 0 if IS_NUMBER else len(goals)
    first = next(iter(goals.values()))
    encoders = [encoder(rows, first, column) for column in columns]
    bins = [[encode(row) for row in rows] for encode in encoders]
    flat = list(zip(*bins))
    start = {label: sum(goal) / len(goal) if IS_NUMBER else 0.0 for label, goal in goals.items()}
    scores = {label: [start[label]] * len(rows) for label in goals}
    forests = {label: [] for label in goals}
    for _ in range(ROUNDS):
        shares = None
        if not IS_NUMBER:
            powers = [[math.exp(scores[label][one]) for label in goals] for one in range(len(rows))]
            shares = [[power / sum(some) for power in some] for some in powers]
        for number_of, (label, goal) in enumerate(goals.items()):
            held = scores[label] if shares is None else [some[number_of] for some in shares]
            residuals = [want - have for want, have in zip(goal, held)]
            tree = grow(bins, residuals, list(range(len(rows))), DEPTH, classes)
            forests[label].append(tree)
            scores[label] = [score + RATE * value(tree, row) for score, row in zip(scores[label], flat)]

    def answer(row):
        encoded = [encode(row) for encode in encoders]
        found = {
            label: start[label] + RATE * sum(value(tree, encoded) for tree in forest) for label, forest in forests.items()
        }
        return "%.6g" % found[None] if IS_NUMBER else max(sorted(found), key=found.get)

    return lambda some: [answer(row) for row in some]


def score(truth, answers):
    """R2 for numbers, the share of right answers for labels."""
    if not IS_NUMBER:
        return sum(one == other for one, other in zip(truth, answers)) / len(truth)
    values = [float(one) for one in truth]
    mean = sum(values) / len(values)
    missed = sum((one - float(other)) ** 2 for one, other in zip(values, answers))
    return 1 - missed / sum((one - mean) ** 2 for one in values)


def main():
    train = read("train.csv")
    kept = len(train) - int(HELD_BACK * len(train))
    held = train[kept:]
    print("score %.4f" % score([row[TARGET] for row in held], fit(train[:kept])(held)))
    test = read("test.csv")
    with open("submission.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", TARGET])
        writer.writerows(zip([row["id"] for row in test], fit(train)(test)))


if __name__ == "__main__":
    main()

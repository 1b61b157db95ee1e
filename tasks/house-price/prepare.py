"""Splits the houses of OpenML's table 42165: python3 prepare.py SOURCES OUT, where SOURCES holds house_prices.arff.

The split is MLGym's: a fifth of the rows is the record, an eighth of the rest validates, each drawn by scikit-learn's train_test_split with
the seed 42, which is done again here without it. OUT/public has train.csv and test.csv, OUT/hidden has answers.csv.
"""
import math
import os
import random
import sys

from nightshift_data import find_source, fraction_of, read_arff, write_csv

SECRET = "house-price/7d20f5c4"
SPLIT_SEED = 42
RECORD_SHARE, VALIDATION_SHARE = 0.2, 0.125
ID, TARGET = "Id", "SalePrice"
# The Mersenne Twister: numpy's old generator fills it from a seed in another way than Python does.
STATE_WORDS = 624


def permutation(count, seed):
    """What numpy.random.RandomState(seed).permutation(count) gives."""
    words = [seed]
    for place in range(1, STATE_WORDS):
        words.append((1812433253 * (words[-1] ^ (words[-1] >> 30)) + place) & 0xFFFFFFFF)
    generator = random.Random()
    generator.setstate((3, (*words, STATE_WORDS), None))
    order = list(range(count))
    for place in range(count - 1, 0, -1):
        mask = (1 << place.bit_length()) - 1
        other = generator.getrandbits(32) & mask
        while other > place:
            other = generator.getrandbits(32) & mask
        order[place], order[other] = order[other], order[place]
    return order


def split(rows, share):
    """(the rest, the share of the rows that is held out), as train_test_split has them."""
    held = math.ceil(share * len(rows))
    order = permutation(len(rows), SPLIT_SEED)
    return [rows[place] for place in order[held:]], [rows[place] for place in order[:held]]


def main(sources, out):
    path = find_source(sources, "/house_prices.arff")
    names, rows = read_arff(path)
    if ID not in names or TARGET not in names:
        raise ValueError("%s: has no columns %s and %s" % (path, ID, TARGET))
    target, number = names.index(TARGET), names.index(ID)
    rows.sort(key=lambda row: int(row[number]))
    rest, record = split(rows, RECORD_SHARE)
    train, validation = split(rest, VALIDATION_SHARE)
    asked = [("validation", row) for row in validation] + [("record", row) for row in record]
    asked.sort(key=lambda case: fraction_of(case[1][number], SECRET))

    # The table's own numbers would tell which of the competition's rows a house is.
    columns = [place for place in range(len(names)) if place not in (target, number)]
    header = ["id"] + [names[place] for place in columns]
    known = [["h%04d" % count] + [row[place] for place in columns] for count, row in enumerate(train + [row for _, row in asked])]
    public = os.path.join(out, "public")
    write_csv(os.path.join(public, "train.csv"), header + [TARGET], [cells + [row[target]] for cells, row in zip(known, train)])
    tested = known[len(train) :]
    write_csv(os.path.join(public, "test.csv"), header, tested)
    answers = [[cells[0], row[target], phase] for cells, (phase, row) in zip(tested, asked)]
    write_csv(os.path.join(out, "hidden", "answers.csv"), ["id", TARGET, "phase"], answers)


if __name__ == "__main__":
    main(*sys.argv[1:])

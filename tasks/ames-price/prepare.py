"""Splits the houses of modeldata's table ames: python3 prepare.py SOURCES OUT, where SOURCES holds its Rdata.rdb and Rdata.rdx.

OUT/public has train.csv and test.csv; OUT/hidden has answers.csv. Ids say nothing of the order that the table came in.
"""
import os
import sys

from nightshift_data import data_frame, find_source, fraction_of, read_r_database, split_ids, write_csv

SECRET = "ames-price/51c08e7f"
TARGET = "Sale_Price"
SHARES = {"validation": 0.15, "record": 0.3}


def main(sources, out):
    frame = data_frame(read_r_database(find_source(sources, "modeldata/data/Rdata.rdb"), ["ames"])["ames"])
    order = sorted(range(len(frame[TARGET])), key=lambda row: fraction_of(row, SECRET + "/order"))
    ids = {row: "h%04d" % place for place, row in enumerate(order)}
    sizes = {part: int(share * len(order)) for part, share in SHARES.items()}
    parts = split_ids(order, SECRET, {**sizes, "train": None})
    columns = [name for name in frame if name != TARGET]

    def table(rows, names):
        return [[ids[row]] + [frame[name][row] for name in names] for row in rows]

    phases = {row: phase for phase in SHARES for row in parts[phase]}
    asked = [row for row in order if row in phases]
    public = os.path.join(out, "public")
    write_csv(os.path.join(public, "train.csv"), ["id", *columns, TARGET], table(parts["train"], [*columns, TARGET]))
    write_csv(os.path.join(public, "test.csv"), ["id", *columns], table(asked, columns))
    answers = [[*row, phases[place]] for place, row in zip(asked, table(asked, [TARGET]))]
    write_csv(os.path.join(out, "hidden", "answers.csv"), ["id", TARGET, "phase"], answers)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""For prepare scripts: splits one table into rows to learn from and rows to predict. The standard library only."""
import os

from nightshift_data import fraction_of, split_ids, write_csv


def write_table_split(out, frame, target, shares, secret, prefix):
    """Writes OUT/public (train.csv, test.csv) and OUT/hidden (answers.csv: id, target, phase).

    frame: {column: values}; shares: {"validation": share of the rows, "record": share}; what is left is to learn from. Ids are the prefix and
    a place in a secret order: they say nothing of the order that the table came in, nor of the phase.
    """
    count = len(frame[target])
    order = sorted(range(count), key=lambda row: fraction_of(row, secret + "/order"))
    ids = {row: "%s%0*d" % (prefix, len(str(count - 1)), place) for place, row in enumerate(order)}
    parts = split_ids(order, secret, {**{part: int(share * count) for part, share in shares.items()}, "train": None})
    phases = {row: phase for phase in shares for row in parts[phase]}
    asked = [row for row in order if row in phases]
    columns = [name for name in frame if name != target]

    def table(rows, names):
        return [[ids[row]] + [frame[name][row] for name in names] for row in rows]

    public = os.path.join(out, "public")
    write_csv(os.path.join(public, "train.csv"), ["id", *columns, target], table(parts["train"], [*columns, target]))
    write_csv(os.path.join(public, "test.csv"), ["id", *columns], table(asked, columns))
    answers = [[ids[row], frame[target][row], phases[row]] for row in asked]
    write_csv(os.path.join(out, "hidden", "answers.csv"), ["id", target, "phase"], answers)

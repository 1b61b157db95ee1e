"""Splits the letters of mlbench: python3 prepare.py SOURCES OUT, where SOURCES holds LetterRecognition.rda."""
import sys

from nightshift_data import data_frame, find_source, read_r
from nightshift_tables import write_table_split

SECRET = "letters-16/c2f7710d"
SHARES = {"validation": 0.15, "record": 0.35}
TARGET = "lettr"


def main(sources, out):
    frame = data_frame(read_r(find_source(sources, "/LetterRecognition.rda"))["LetterRecognition"])
    columns = {"letter" if name == TARGET else name: values if name == TARGET else list(map(int, values)) for name, values in frame.items()}
    # Many letters come out as the same numbers: one of them is kept, so that no row of the record is known.
    first = {}
    for row, numbers in enumerate(zip(*(values for name, values in columns.items() if name != "letter"))):
        first.setdefault(numbers, row)
    kept = {name: [values[row] for row in first.values()] for name, values in columns.items()}
    write_table_split(out, kept, "letter", SHARES, SECRET, "l")


if __name__ == "__main__":
    main(*sys.argv[1:])

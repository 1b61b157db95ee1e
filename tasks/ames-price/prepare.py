"""Splits the houses of modeldata's table ames: python3 prepare.py SOURCES OUT, where SOURCES holds its Rdata.rdb and Rdata.rdx."""
import sys

from nightshift_data import data_frame, find_source, read_r_database
from nightshift_tables import write_table_split

SECRET = "ames-price/51c08e7f"
SHARES = {"validation": 0.15, "record": 0.3}


def main(sources, out):
    frame = data_frame(read_r_database(find_source(sources, "modeldata/data/Rdata.rdb"), ["ames"])["ames"])
    write_table_split(out, frame, "Sale_Price", SHARES, SECRET, "h")


if __name__ == "__main__":
    main(*sys.argv[1:])

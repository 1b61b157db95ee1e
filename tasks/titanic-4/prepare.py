"""Splits the passengers of carData's table TitanicSurvival: python3 prepare.py SOURCES OUT, where SOURCES holds its Rdata.rdb and Rdata.rdx."""
import sys

from nightshift_data import data_frame, find_source, read_r_database
from nightshift_tables import write_table_split

SECRET = "titanic-4/90ab3e11"
SHARES = {"validation": 0.2, "record": 0.35}


def main(sources, out):
    tables = read_r_database(find_source(sources, "carData/data/Rdata.rdb"), ["TitanicSurvival"])
    write_table_split(out, data_frame(tables["TitanicSurvival"]), "survived", SHARES, SECRET, "p")


if __name__ == "__main__":
    main(*sys.argv[1:])

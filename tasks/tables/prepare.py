"""Writes the tables that instances are cut from as CSV files. python3 prepare.py SOURCES OUT writes OUT/hidden/<table>.csv."""
import os
import sys

from nightshift_data import data_frame, find_source, read_r, read_r_database, write_csv

# Tables of modeldata; ames and the passengers of the Titanic are left out, since tasks to measure on are made of them.
MODELDATA = (
    "credit_data", "mlc_churn", "wa_churn", "lending_club", "cells", "stackoverflow", "hpc_data", "Chicago", "concrete", "car_prices",
    "Sacramento",
)
OTHERS = {"LetterRecognition": "mlbench", "Satellite": "mlbench", "spam": "kernlab", "income": "kernlab"}


def main(sources, out):
    database = read_r_database(find_source(sources, "modeldata/data/Rdata.rdb"), MODELDATA)
    tables = {name: database[name] for name in MODELDATA}
    for name, package in OTHERS.items():
        tables[name] = read_r(find_source(sources, "%s/data/%s.rda" % (package, name)))[name]
    os.makedirs(os.path.join(out, "public"), exist_ok=True)
    for name, value in tables.items():
        frame = data_frame(value)
        write_csv(os.path.join(out, "hidden", "%s.csv" % name), list(frame), list(zip(*frame.values())))


main(*sys.argv[1:3])

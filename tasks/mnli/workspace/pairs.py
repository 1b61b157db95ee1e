"""Reads the pairs, and writes predictions."""
import csv
import os

DATA = os.environ.get("DATA", "/data")
LABELS = ("entailment", "neutral", "contradiction")


def rows(name, most=None):
    """The rows of train.csv or dev.csv (id, premise, hypothesis, label, genre) or test.csv (without labels), at most so many."""
    with open(os.path.join(DATA, name), encoding="utf-8", newline="") as file:
        return [row for _, row in zip(range(most or 1 << 30), csv.DictReader(file))]


def write(labels):
    """Writes submission.csv from {id: label}."""
    with open("submission.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("id", "label"), *labels.items()])

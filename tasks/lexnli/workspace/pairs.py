"""Reads the pairs and the glossary, and writes predictions."""
import csv
import os

DATA = os.environ.get("DATA", "/data")
LABELS = ("entailment", "neutral", "contradiction")


def rows(name):
    """The rows of a table in /data: train.csv (id, premise, hypothesis, label) or test.csv (without labels)."""
    with open(os.path.join(DATA, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def glossary():
    """{word: definition} for every word that the pairs differ in."""
    return {row["word"]: row["definition"] for row in rows("glossary.csv")}


def write(labels):
    """Writes submission.csv from {id: label}."""
    with open("submission.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("id", "label"), *labels.items()])

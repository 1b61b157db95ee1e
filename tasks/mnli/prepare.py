"""Splits MultiNLI 1.0: python3 prepare.py SOURCES OUT, where SOURCES holds multinli_1.0.zip, or its tables unpacked.

Tables are multinli_1.0_{train,dev_matched,dev_mismatched}, as .jsonl or as tab-separated .txt; GLUE's train.tsv, dev_matched.tsv and
dev_mismatched.tsv are read as well. OUT/public has train.csv, dev.csv (mismatched genres) and test.csv; OUT/hidden has answers.csv. Pair ids of the
corpus end in their label's first letter, so that ours are new. Whatever lies in a folder bert-base-uncased is handed on.
"""
import csv
import hashlib
import io
import json
import os
import shutil
import sys
import zipfile

NAMES = {
    "train": ("multinli_1.0_train.jsonl", "multinli_1.0_train.txt", "train.tsv"),
    "dev": ("multinli_1.0_dev_mismatched.jsonl", "multinli_1.0_dev_mismatched.txt", "dev_mismatched.tsv"),
    "test": ("multinli_1.0_dev_matched.jsonl", "multinli_1.0_dev_matched.txt", "dev_matched.tsv"),
}
COLUMNS = ("sentence1", "sentence2", "gold_label", "genre")
LABELS = ("entailment", "neutral", "contradiction")
# Of five matched pairs one is for validation.
VALIDATION_EVERY = 5


def tables(sources):
    """{name: a function that opens it as text} of every table, unpacked or within a zip archive."""
    found = {}
    for here, folders, files in os.walk(sources):
        folders.sort()
        for path in (os.path.join(here, name) for name in sorted(files)):
            if zipfile.is_zipfile(path):
                for member in zipfile.ZipFile(path).namelist():
                    if not member.startswith("__MACOSX"):
                        found.setdefault(os.path.basename(member), lambda path=path, member=member: opened(path, member))
            else:
                found[os.path.basename(path)] = lambda path=path: open(path, encoding="utf-8", newline="")
    return found


def opened(archive, member):
    return io.TextIOWrapper(zipfile.ZipFile(archive).open(member), encoding="utf-8", newline="")


def pairs(name, open_table):
    """(premise, hypothesis, label, genre) of every pair that has a label; a dash stands where its annotators did not agree."""
    with open_table() as file:
        if name.endswith(".jsonl"):
            rows = (json.loads(line) for line in file if line.strip())
        else:
            lines = (line.rstrip("\r\n").split("\t") for line in file)
            header = next(lines)
            rows = (dict(zip(header, line)) for line in lines)
        for number, row in enumerate(rows, 1):
            missing = [column for column in COLUMNS if column not in row]
            if missing:
                sys.exit("%s, row %d has no %s" % (name, number, ", ".join(missing)))
            premise, hypothesis, label, genre = (" ".join(row[column].split()) for column in COLUMNS)
            if label in LABELS:
                yield premise, hypothesis, label, genre


def main(sources, out):
    found = tables(sources)
    read = {}
    for part, names in NAMES.items():
        name = next((name for name in names if name in found), None)
        if name is None:
            sys.exit("%s: there is none of %s in it" % (sources, ", ".join(names)))
        read[part] = pairs(name, found[name])
    for folder in ("public", "hidden"):
        os.makedirs(os.path.join(out, folder), exist_ok=True)

    def write(path, header, lines):
        with open(os.path.join(out, path), "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(lines)

    labelled = ["id", "premise", "hypothesis", "label", "genre"]
    for part in ("train", "dev"):
        rows = ([part[0] + "%06d" % number, *row] for number, row in enumerate(read[part]))
        write("public/%s.csv" % part, labelled, rows)
    # In an order of their own: the corpus lists the three hypotheses of one premise side by side.
    tested = sorted(read["test"], key=lambda row: hashlib.sha256("\t".join(row[:2]).encode()).digest())
    names = ["q%05d" % number for number in range(len(tested))]
    phases = ["validation" if number % VALIDATION_EVERY == 0 else "record" for number in range(len(tested))]
    write("public/test.csv", ["id", "premise", "hypothesis", "genre"], ([name, *row[:2], row[3]] for name, row in zip(names, tested)))
    write("hidden/answers.csv", ["id", "label", "phase"], ([name, row[2], phase] for name, row, phase in zip(names, tested, phases)))
    for here, _, files in os.walk(sources):
        for name in files if os.path.basename(here) == "bert-base-uncased" else ():
            os.makedirs(os.path.join(out, "public", "bert-base-uncased"), exist_ok=True)
            shutil.copyfile(os.path.join(here, name), os.path.join(out, "public", "bert-base-uncased", name))


if __name__ == "__main__":
    main(*sys.argv[1:])

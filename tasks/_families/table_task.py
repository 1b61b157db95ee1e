"""Makes a task out of a table: rows are split into training rows, rows for `validate` and rows for the record, and a model is fitted.

As a program: `table_task.py CSV TARGET OUT NAME KEY_FILE` makes a task of a user's own table. Families of tables import `write_table_task`.
"""
import csv
import json
import math
import os
import random
import sys
import types

from family_kit import filled, rounded, write_task

# Says that the sentence printed is about the input, not about this program.
EX_DATAERR = 65
ROWS_MIN = 80
ROWS_MAX = 20000
COLUMNS_MAX = 60
LABELS_MAX = 6
# A numeric target with no more values than this is a label.
NUMBERS_FROM = 20
SHARES = (("train", 0.6), ("validation", 0.8), ("record", 1.01))
# The same program with other numbers: the baseline, and proof that it can be beaten.
MODELS = {
    "starter": {"title": "The starter model: few and small trees.", "rounds": 3, "depth": 1, "rate": 0.2, "bins": 6},
    "probe": {"title": "Probe: more of them.", "rounds": 20, "depth": 2, "rate": 0.2, "bins": 10},
    "reference": {"title": "Reference: many, deeper trees.", "rounds": 70, "depth": 3, "rate": 0.12, "bins": 16},
}


class BadTable(Exception):
    """What is wrong with a table and what to do, in one sentence."""


def number(text):
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def read_table(path, target):
    """The rows of a user's CSV file, with an `id` each. Rows without a target are left out. Raises BadTable."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            rows = []
            for row in reader:
                if None in row or None in row.values():
                    raise BadTable("%s:%d: it has not %d cells as the header has; mend the row" % (path, reader.line_num, len(header)))
                rows.append(row)
                if len(rows) > ROWS_MAX:
                    raise BadTable("%s: more than %d rows; give a part of them" % (path, ROWS_MAX))
    except UnicodeDecodeError:
        raise BadTable("%s: not UTF-8 text; save it as UTF-8" % path)
    except csv.Error as error:
        raise BadTable("%s: not a CSV file: %s" % (path, error))
    except OSError as error:
        raise BadTable("cannot read %s: %s" % (path, error.strerror))
    if target not in header:
        raise BadTable("%s: no column %r; there are %s" % (path, target, ", ".join(header[:20])))
    if len(set(header)) != len(header) or "" in header:
        raise BadTable("%s:1: every column needs a name of its own" % path)
    odd = next((name for name in header if any(mark in name for mark in "{}`<>\r\n")), None)
    if odd is not None:
        raise BadTable("%s:1: the column name %r has a brace, backtick, angle bracket or line break; rename it" % (path, odd))
    if len(header) > COLUMNS_MAX:
        raise BadTable("%s: %d columns; at most %d" % (path, len(header), COLUMNS_MAX))
    rows = [row for row in rows if row[target] != ""]
    if len(rows) < ROWS_MIN:
        raise BadTable("%s: %d rows with a %s; a task needs %d or more" % (path, len(rows), target, ROWS_MIN))
    ids = [row.get("id") for row in rows]
    if None in ids or len(set(ids)) != len(ids) or "" in ids:
        if "id" in header:
            raise BadTable("%s: the column id has missing or repeated values; mend it, or take the column out" % path)
        rows = [{"id": "r%05d" % index, **row} for index, row in enumerate(rows)]
    return rows


def quoted(text):
    """A Python string literal."""
    return json.dumps(text)


def is_number_target(rows, target):
    values = [number(row[target]) for row in rows]
    return None not in values and len(set(values)) > NUMBERS_FROM


def split(rows, rng):
    """Rows by part; shuffled, so that their order tells nothing."""
    rows = list(rows)
    rng.shuffle(rows)
    parts = {"train": [], "validation": [], "record": []}
    for index, row in enumerate(rows):
        place = index / len(rows)
        parts[next(name for name, upto in SHARES if place < upto)].append(row)
    return parts


def model_of(values, is_number, target):
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "table")
    with open(os.path.join(here, "baseline.py"), encoding="utf-8") as file:
        return filled(file.read(), target=quoted(target), isNumber=is_number, **values)


def measured(program, parts):
    """The score of record that a program earns: what the judge will find."""
    module = types.ModuleType("model")
    exec(compile(program, "baseline.py", "exec"), module.__dict__)
    record = parts["record"]
    answers = module.fit(parts["train"])(record)
    return module.score([row[module.TARGET] for row in record], answers)


def table_text(rows, columns):
    cell = lambda text: '"%s"' % text.replace('"', '""') if any(mark in text for mark in ',"\r\n') else text
    return "".join(",".join(map(cell, some)) + "\n" for some in [columns] + [[row[name] for name in columns] for row in rows])


# A label that no row has is no answer; an empty cell is none either.
LABEL_CHECK = '''    labels = {row[%s] for row in truth.values()}
    for name, label in predicted.items():
        if label not in labels:
            raise Invalid("submission.csv: the label of %%s is %%s, not one of %%s" %% (show(name), show(label), sorted(labels)))
'''


def write_table_task(out, rows, target, rng, title, about, definition, key, models=None):
    """Writes the task; returns its ladder {starter, probe, reference: score}. Raises BadTable where there is nothing to learn."""
    is_number = is_number_target(rows, target)
    labels = sorted({row[target] for row in rows})
    if not is_number and not 2 <= len(labels) <= LABELS_MAX:
        raise BadTable("%s has %d values that are no numbers; a label has 2 to %d" % (target, len(labels), LABELS_MAX))
    parts = split(rows, rng)
    test = parts["validation"] + parts["record"]
    rng.shuffle(test)
    columns = [name for name in rows[0] if name != target]
    programs = {name: model_of(values, is_number, target) for name, values in (models or MODELS).items()}
    ladder = {name: measured(program, parts) for name, program in programs.items()}
    phase = {row["id"]: name for name in ("validation", "record") for row in parts[name]}
    metric = "R2, the share of its variance that your predictions explain" if is_number else "accuracy, the share of right answers"
    commonest = max(sum(row[target] == label for row in parts["record"]) for label in labels) / len(parts["record"])
    nothing = 0 if is_number else rounded(commonest)
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "table")
    texts = {}
    for name in ("judge.py", "description.md"):
        with open(os.path.join(here, name), encoding="utf-8") as file:
            texts[name] = file.read()
    description = filled(
        texts["description.md"],
        title=title,
        about=about,
        targetName="`%s`" % target,
        plainTarget=target,
        count=len(columns) - 1,
        train=len(parts["train"]),
        test=len(test),
        columns=", ".join("`%s`" % name for name in columns + [target]),
        metricText=metric,
        answers="Each is a finite number." if is_number else "Each is one of %s." % ", ".join("`%s`" % label for label in labels),
    )
    judge = filled(
        texts["judge.py"],
        targetName=target,
        metricText="R2" if is_number else "accuracy",
        imports="hidden_csv, r_squared, run" if is_number else "Invalid, accuracy, hidden_csv, run, show",
        check="" if is_number else LABEL_CHECK % quoted(target),
        helper="r_squared" if is_number else "accuracy",
        reader="submitted_numbers" if is_number else "submitted_values",
        target=quoted(target),
        cast=("float(truth[one][%s])" if is_number else "truth[one][%s]") % quoted(target),
    )
    write_task(
        out,
        {
            "title": title,
            **definition,
            "metric": {
                "name": "r2" if is_number else "accuracy",
                "direction": "maximize",
                "unit": "share of variance explained" if is_number else "share of right answers",
            },
            "anchors": {
                "nothing": nothing if nothing < ladder["starter"] else None,
                "starter": rounded(ladder["starter"]),
                "probe": rounded(ladder["probe"]),
                "best": rounded(ladder["reference"]),
                "optimum": 1,
            },
            "sigma": 0,
            "limits": {"actionSeconds": 120},
            "resources": {"cpus": 1, "memoryMb": 1024, "pids": 64, "diskMb": 128},
            "image": "python",
            "submission": [{"path": "submission.csv", "bytesMax": 4194304}],
            "make": "python3 baseline.py",
            "judge": {"kind": "csv", "timeoutSeconds": 60, "cpuSecondsMax": 20, "cpuMsPerCallMax": None},
            "validation": 1,
            "mlgym": None,
        },
        {
            "description.md": description,
            "judge.py": judge,
            "hidden/key": key,
            "hidden/answers.csv": table_text(
                [{"id": row["id"], target: row[target], "phase": phase[row["id"]]} for row in test], ["id", target, "phase"]
            ),
            "workspace/train.csv": table_text(parts["train"], columns + [target]),
            "workspace/test.csv": table_text(test, columns),
            "workspace/baseline.py": programs["starter"],
            "solution/probe/baseline.py": programs["probe"],
            "solution/reference/baseline.py": programs["reference"],
        },
    )
    return ladder


def main():
    path, target, out, name, key_file = sys.argv[1:]
    with open(key_file, encoding="utf-8") as file:
        key = file.read()
    try:
        rows = read_table(path, target)
        definition = {"domain": "tabular", "family": name, "tags": ["csv"], "licence": "LicenseRef-own", "use": "train"}
        write_table_task(out, rows, target, random.Random(key), name.replace("-", " ").capitalize(), "", definition, key)
    except BadTable as fault:
        print(fault, file=sys.stderr)
        sys.exit(EX_DATAERR)


if __name__ == "__main__":
    main()

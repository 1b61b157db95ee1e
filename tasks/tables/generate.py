"""Questions on real tables: which table and column, which features and rows, how many cells are missing or another row's."""
import csv
import os

from family_kit import request, rng_for, secret
from questions import QUESTIONS
from table_task import BadTable, measured, model_of, split, write_table_task

FAMILY = "tables"
DRAWS_MAX = 60
ROWS_MIN, ROWS_MAX = 300, 900
FEATURES_MIN, FEATURES_MAX = 4, 12
SPOILT = (0, 0.05, 0.1, 0.2)
# Small enough to be fitted in seconds by Python alone.
MODELS = {
    "starter": {"title": "The starter model: few and small trees.", "rounds": 2, "depth": 1, "rate": 0.3, "bins": 6},
    "probe": {"title": "Probe: more of them.", "rounds": 10, "depth": 2, "rate": 0.3, "bins": 8},
    "reference": {"title": "Reference: more, and deeper ones.", "rounds": 24, "depth": 3, "rate": 0.2, "bins": 12},
}
# A rung must be this much better than the one below, and the starter than an answer that is the same for all rows.
STARTER_STEP, PROBE_STEP, REFERENCE_STEP = 0.04, 0.04, 0.01


def drawn(rng, names, hidden):
    """(parameters, rows, question) of one draw, or None where the table has too few rows for it."""
    name = rng.choice(names)
    question = QUESTIONS[name]
    target, wanted = question["target"], rng.randint(ROWS_MIN, ROWS_MAX)
    with open(os.path.join(hidden, question["table"] + ".csv"), newline="", encoding="utf-8") as file:
        table = [row for row in csv.DictReader(file) if row[target] != ""]
    rng.shuffle(table)
    if question["labels"] == 0:
        labels, rows = 0, table[:wanted]
    else:
        for row in table:
            row[target] = question["rename"](row[target])
        found = sorted({row[target] for row in table})
        labels = min(rng.randint(2, question["labels"]), len(found))
        chosen = rng.sample(found, labels)
        rows = [row for label in chosen for row in [row for row in table if row[target] == label][: wanted // labels]]
    if len(rows) < ROWS_MIN:
        return None
    columns = [column for column in rows[0] if column != target and column not in question["without"]]
    features = rng.randint(FEATURES_MIN, min(FEATURES_MAX, len(columns)))
    shown = sorted(rng.sample(columns, features), key=columns.index)
    missing, noise = rng.choice(SPOILT), rng.choice(SPOILT)
    clean = [{column: row[column] for column in shown + [target]} for row in rows]
    rng.shuffle(clean)
    spoilt = []
    for index, row in enumerate(clean):
        cells = {"id": "r%04d" % index}
        for column in shown:
            source = rng.choice(clean) if rng.random() < noise else row
            cells[column] = "" if rng.random() < missing else source[column]
        spoilt.append({**cells, target: row[target]})
    parameters = {
        "question": name, "labels": labels, "features": features, "rows": len(spoilt), "missing": missing, "noise": noise,
    }
    return parameters, spoilt, question


def is_steep(rows, target, is_number, token):
    """Whether the ladder of these rows, split as they will be, has a step between any two rungs."""
    parts = split(rows, rng_for(FAMILY, token, "split"))
    below = 0.0
    if not is_number:
        answers = [row[target] for row in parts["record"]]
        below = max(answers.count(label) for label in set(answers)) / len(answers)
    for name, step in (("starter", STARTER_STEP), ("probe", PROBE_STEP), ("reference", REFERENCE_STEP)):
        score = measured(model_of(MODELS[name], is_number, target), parts)
        if score < below + step:
            return False
        below = score
    return True


def main():
    out, seed, data = request()
    rng = rng_for(FAMILY, seed, "instance")
    # Drawn once: what is refused more often must not become rare.
    is_number = rng.random() < 0.4
    names = sorted(name for name, question in QUESTIONS.items() if (question["labels"] == 0) == is_number)
    for _ in range(DRAWS_MAX):
        found = drawn(rng, names, data["hidden"])
        token = rng.getrandbits(32)
        if found is None:
            continue
        parameters, rows, question = found
        if is_steep(rows, question["target"], parameters["labels"] == 0, token):
            break
    else:
        raise SystemExit("no draw of %d gave a table worth learning from" % DRAWS_MAX)
    definition = {
        "domain": "tabular",
        "family": FAMILY,
        "parameters": parameters,
        "tags": ["csv", "regression" if parameters["labels"] == 0 else "classification"],
        # Of all the tables together: what is cut from one of them may be freer.
        "licence": "MIT AND GPL-2.0-only",
        "use": "train",
    }
    try:
        write_table_task(
            out, rows, question["target"], rng_for(FAMILY, token, "split"), question["title"], question["about"], definition,
            secret(FAMILY, seed), MODELS,
        )
    except BadTable as fault:
        raise SystemExit(str(fault)) from None


main()

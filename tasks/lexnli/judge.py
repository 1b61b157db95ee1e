"""Scores labels of sentence pairs: the share that is right, over a part of the phase's pairs that the seed draws."""
from nightshift_judge import Invalid, accuracy, hidden_csv, run, show

LABELS = ("entailment", "neutral", "contradiction")
SHARE_DRAWN = 2 / 3


def judge(room):
    truth = {row["id"]: row for row in hidden_csv("data/answers.csv")}
    labels = room.submitted_values("submission.csv", "id", "label", truth)
    for pair, label in labels.items():
        if label not in LABELS:
            raise Invalid("the label of %s must be one of %s, not %s" % (pair, ", ".join(LABELS), show(label)))
    pairs = [pair for pair, row in truth.items() if row["phase"] == room.phase]
    drawn = room.rng("pairs").sample(pairs, int(len(pairs) * SHARE_DRAWN))
    room.cases(drawn)
    score = accuracy([truth[pair]["label"] for pair in drawn], [labels[pair] for pair in drawn])
    return score, {"pairs": len(drawn)}


run(judge)

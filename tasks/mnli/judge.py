"""Scores labels of sentence pairs: the percentage that is right, over nine tenths of the phase's pairs that the seed draws."""
from nightshift_judge import Invalid, accuracy, hidden_csv, run, show

LABELS = ("entailment", "neutral", "contradiction")
SHARE_DRAWN = 0.9


def judge(room):
    truth = {row["id"]: row for row in hidden_csv("data/answers.csv")}
    labels = room.submitted_values("submission.csv", "id", "label", truth)
    for pair, label in labels.items():
        if label not in LABELS:
            raise Invalid("the label of %s must be one of %s, not %s" % (pair, ", ".join(LABELS), show(label)))
    pairs = [pair for pair, row in truth.items() if row["phase"] == room.phase]
    drawn = room.rng("pairs").sample(pairs, max(1, int(len(pairs) * SHARE_DRAWN)))
    room.cases(drawn)
    score = 100 * accuracy([truth[pair]["label"] for pair in drawn], [labels[pair] for pair in drawn])
    return score, {"pairs": len(drawn)}


run(judge)

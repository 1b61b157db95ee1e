"""Scores labels of pictures: the share that is right, over all pictures of the phase."""
from nightshift_judge import Invalid, accuracy, hidden_csv, run, show

LABELS = [str(label) for label in range(10)]


def judge(room):
    truth = {row["id"]: row for row in hidden_csv("data/answers.csv")}
    labels = room.submitted_values("submission.csv", "id", "label", truth)
    for picture, label in labels.items():
        if label not in LABELS:
            raise Invalid("the label of %s must be a number from 0 to 9, not %s" % (picture, show(label)))
    pictures = [picture for picture, row in truth.items() if row["phase"] == room.phase]
    room.cases(pictures)
    score = accuracy([truth[picture]["label"] for picture in pictures], [labels[picture] for picture in pictures])
    return score, {"pictures": len(pictures)}


run(judge)

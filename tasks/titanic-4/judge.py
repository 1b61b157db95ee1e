"""Scores who survived: the share of right answers, over all passengers of the phase."""
from nightshift_judge import Invalid, accuracy, hidden_csv, run, show

ANSWERS = ("yes", "no")


def judge(room):
    truth = {row["id"]: row for row in hidden_csv("data/answers.csv")}
    answers = room.submitted_values("submission.csv", "id", "survived", truth)
    for passenger, answer in answers.items():
        if answer not in ANSWERS:
            raise Invalid("survived of %s must be yes or no, not %s" % (passenger, show(answer)))
    passengers = [passenger for passenger, row in truth.items() if row["phase"] == room.phase]
    room.cases(passengers)
    score = accuracy([truth[one]["survived"] for one in passengers], [answers[one] for one in passengers])
    return score, {"passengers": len(passengers)}


run(judge)

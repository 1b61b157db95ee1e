"""Scores predictions of <<targetName>>: <<metricText>> on the half of the hidden rows that the phase may see."""
from nightshift_judge import <<imports>>


def judge(room):
    truth = {row["id"]: row for row in hidden_csv("answers.csv")}
    predicted = room.<<reader>>("submission.csv", "id", <<target>>, truth)
<<check>>    rows = [one for one, row in truth.items() if row["phase"] == room.phase]
    room.cases(rows)
    score = <<helper>>([<<cast>> for one in rows], [predicted[one] for one in rows])
    return score, {"rows": len(rows)}


run(judge)

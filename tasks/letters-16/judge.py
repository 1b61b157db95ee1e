"""Scores which letter: the share of right answers, over all rows of the phase."""
from string import ascii_uppercase

from nightshift_judge import Invalid, accuracy, hidden_csv, run, show


def judge(room):
    truth = {row["id"]: row for row in hidden_csv("data/answers.csv")}
    letters = room.submitted_values("submission.csv", "id", "letter", truth)
    for one, letter in letters.items():
        if len(letter) != 1 or letter not in ascii_uppercase:
            raise Invalid("the letter of %s must be one from A to Z, not %s" % (one, show(letter)))
    rows = [one for one, row in truth.items() if row["phase"] == room.phase]
    room.cases(rows)
    return accuracy([truth[one]["letter"] for one in rows], [letters[one] for one in rows]), {"rows": len(rows)}


run(judge)

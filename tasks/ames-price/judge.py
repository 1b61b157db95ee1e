"""Scores predicted prices: R2 over all houses of the phase."""
from nightshift_judge import hidden_csv, r_squared, run

PRICE_MAX = 1e9


def judge(room):
    truth = {row["id"]: row for row in hidden_csv("data/answers.csv")}
    prices = room.submitted_numbers("submission.csv", "id", "Sale_Price", truth, -PRICE_MAX, PRICE_MAX)
    houses = [house for house, row in truth.items() if row["phase"] == room.phase]
    room.cases(houses)
    score = r_squared([float(truth[house]["Sale_Price"]) for house in houses], [prices[house] for house in houses])
    return score, {"houses": len(houses)}


run(judge)

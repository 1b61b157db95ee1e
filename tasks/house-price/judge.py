"""Scores predicted prices: R2 (and RMSE beside it) over all houses of the phase."""
from nightshift_judge import hidden_csv, r_squared, root_mean_squared_error, run

PRICE_MAX = 1e9


def judge(room):
    truth = {row["id"]: row for row in hidden_csv("data/answers.csv")}
    prices = room.submitted_numbers("submission.csv", "id", "SalePrice", truth, -PRICE_MAX, PRICE_MAX)
    houses = [house for house, row in truth.items() if row["phase"] == room.phase]
    room.cases(houses)
    known, guessed = [float(truth[house]["SalePrice"]) for house in houses], [prices[house] for house in houses]
    return r_squared(known, guessed), {"houses": len(houses), "rmse": root_mean_squared_error(known, guessed)}


run(judge)

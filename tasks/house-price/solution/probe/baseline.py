"""Probe: more and deeper trees."""
import os

import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import r2_score

DATA = os.environ.get("DATA_DIR", "/data")
TARGET = "SalePrice"
TREES = 300
DEPTH = 3
LEARNING_RATE = 0.1
HELD_OUT = 200


def features(table):
    return table.drop(columns=["id", TARGET], errors="ignore").select_dtypes("number").fillna(-1)


def fitted(table):
    model = GradientBoostingRegressor(n_estimators=TREES, max_depth=DEPTH, learning_rate=LEARNING_RATE, random_state=1)
    return model.fit(features(table), table[TARGET])


def main():
    train, test = pd.read_csv(os.path.join(DATA, "train.csv")), pd.read_csv(os.path.join(DATA, "test.csv"))
    known, held = train[:-HELD_OUT], train[-HELD_OUT:]
    print("R2 on held-out training houses: %.4f" % r2_score(held[TARGET], fitted(known).predict(features(held))))
    prices = fitted(train).predict(features(test))
    pd.DataFrame({"id": test["id"], TARGET: prices}).to_csv("submission.csv", index=False)


if __name__ == "__main__":
    main()

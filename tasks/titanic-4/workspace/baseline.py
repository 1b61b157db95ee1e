"""The baseline: a decision tree on class and age."""
import os

import pandas as pd
from sklearn.tree import DecisionTreeClassifier

DATA = os.environ.get("DATA_DIR", "/data")
TARGET = "survived"
DEPTH = 1
WITH_SEX = 0
MISSING_AGE = 30
HELD_OUT = 150


def features(table):
    numbers = pd.DataFrame({"class": table["passengerClass"].str[0].astype(int), "age": table["age"].fillna(MISSING_AGE)})
    if WITH_SEX:
        numbers["female"] = (table["sex"] == "female").astype(int)
    return numbers


def fitted(table):
    return DecisionTreeClassifier(max_depth=DEPTH, random_state=1).fit(features(table), table[TARGET])


def main():
    train, test = pd.read_csv(os.path.join(DATA, "train.csv")), pd.read_csv(os.path.join(DATA, "test.csv"))
    known, held = train[:-HELD_OUT], train[-HELD_OUT:]
    print("accuracy on held-out training passengers: %.4f" % fitted(known).score(features(held), held[TARGET]))
    pd.DataFrame({"id": test["id"], TARGET: fitted(train).predict(features(test))}).to_csv("submission.csv", index=False)


if __name__ == "__main__":
    main()

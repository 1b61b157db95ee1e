"""Reference: four of six fields win the round, so two are given up; the best of all fixed placements that a search found."""


def row_strategy(history):
    return [0, 0, 30, 30, 30, 30]

"""Scores a row player of Colonel Blotto: its mean result per round against the hidden book of placements."""
import json

from nightshift_judge import Invalid, integer_between, play_games, run, show

GAMES = <<games>>
ROUNDS = <<rounds>>
FIELDS = <<fields>>
SOLDIERS = <<soldiers>>
VALUES = <<values>>
MAJORITY = <<majority>>


def legal(answer):
    if type(answer) is not list or len(answer) != FIELDS:
        raise Invalid("a move must be %d integers, not %s" % (FIELDS, show(answer)))
    for soldiers in answer:
        integer_between(soldiers, 0, SOLDIERS, "the soldiers on a field")
    if sum(answer) > SOLDIERS:
        raise Invalid("a move places %d soldiers, at most %d: %s" % (sum(answer), SOLDIERS, show(answer)))
    return answer


def result(row, column):
    won = lost = 0
    for value, mine, theirs in zip(VALUES, row, column):
        if mine > theirs:
            won += value
        elif mine < theirs:
            lost += value
    return (won > lost) - (won < lost) if MAJORITY else (won - lost) / sum(VALUES)


def judge(room):
    with open("hidden/book.json", encoding="utf-8") as file:
        book = json.load(file)

    def column_strategy(history, rng):
        return book[int(rng.random() * len(book))]

    return play_games(room, GAMES, ROUNDS, column_strategy, legal, result), {"games": GAMES}


run(judge)

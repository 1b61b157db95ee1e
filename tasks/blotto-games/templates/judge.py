"""Scores a row player of an allocation game: its mean result per round against the hidden opponent."""
from hidden.opponent import FIELDS, SOLDIERS, column_strategy
from nightshift_judge import Invalid, integer_between, play_games, run, show

GAMES = <<games>>
ROUNDS = <<rounds>>


def legal(answer):
    if type(answer) is not list or len(answer) != FIELDS:
        raise Invalid("a move must be %d integers, not %s" % (FIELDS, show(answer)))
    for count in answer:
        integer_between(count, 0, SOLDIERS, "the soldiers on a field")
    if sum(answer) > SOLDIERS:
        raise Invalid("a move places %d soldiers, at most %d: %s" % (sum(answer), SOLDIERS, show(answer)))
    return answer


def result(row, column):
    won = sum(mine > theirs for mine, theirs in zip(row, column))
    lost = sum(mine < theirs for mine, theirs in zip(row, column))
    return (won > lost) - (won < lost)


def judge(room):
    score = play_games(room, GAMES, ROUNDS, column_strategy, legal, result)
    return score, {"games": GAMES}


run(judge)

"""Scores a row player of the battle of the sexes: its mean payoff per round against the hidden opponent."""
from hidden.opponent import column_strategy
from nightshift_judge import integer_between, play_games, run

GAMES = 2000
ROUNDS = 10
PAYOFF = ((2, 0), (0, 1))


def judge(room):
    def legal(answer):
        return integer_between(answer, 0, 1, "a move")

    def payoff(row, column):
        return PAYOFF[row][column]

    score = play_games(room, GAMES, ROUNDS, column_strategy, legal, payoff)
    return score, {"games": GAMES}


run(judge)

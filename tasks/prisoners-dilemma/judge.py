"""Scores a row player of the prisoner's dilemma: its mean payoff per round against the hidden opponent."""
from hidden.opponent import column_strategy
from nightshift_judge import integer_between, play_games, run

GAMES = 2000
ROUNDS = 10
PAYOFF = ((3, 0), (5, 1))


def judge(room):
    def legal(answer):
        return integer_between(answer, 0, 1, "a move")

    def payoff(row, column):
        return PAYOFF[row][column]

    score = play_games(room, GAMES, ROUNDS, column_strategy, legal, payoff)
    return score, {"games": GAMES}


run(judge)

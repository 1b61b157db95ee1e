"""Scores a row player: its mean payoff per round against the hidden population, a fresh automaton each game."""
from hidden.population import POPULATION, automaton_for, play
from nightshift_judge import integer_between, play_games, run

GAMES = <<games>>
ROUNDS = <<rounds>>
PAYOFF = <<payoff>>


def judge(room):
    dealt = room.rng("automata")
    automata = [automaton_for(POPULATION, dealt.random()) for _ in range(GAMES)]
    turn = [0]

    def column_strategy(history, rng):
        table = automata[turn[0] % GAMES]
        turn[0] += 1
        return play(table, history, rng)

    def legal(answer):
        return integer_between(answer, 0, len(PAYOFF) - 1, "a move")

    def payoff(row, column):
        return PAYOFF[row][column]

    return play_games(room, GAMES, ROUNDS, column_strategy, legal, payoff), {"games": GAMES}


run(judge)

"""Searches short walks from the centre through every cell of the maze, another one for each checkpoint."""
import os
import random

import numpy

SIDE = 9
CENTRE = (4, 4)
TRIES = 60
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))


def is_free(cell):
    return 0 <= cell[0] < SIDE and 0 <= cell[1] < SIDE and not (cell[0] % 2 and cell[1] % 2)


CELLS = [(row, column) for row in range(SIDE) for column in range(SIDE) if is_free((row, column))]


def way_to_nearest(start, wanted, rng):
    """The moves of a shortest way to any of the wanted cells."""
    before, front = {start: None}, [start]
    for cell in front:
        if cell in wanted:
            way = []
            while before[cell] is not None:
                cell, action = before[cell]
                way.append(action)
            return way[::-1]
        for action in rng.sample(range(4), 4):
            after = (cell[0] + MOVES[action][0], cell[1] + MOVES[action][1])
            if is_free(after) and after not in before:
                before[after] = (cell, action)
                front.append(after)
    raise ValueError("the wanted cells are out of reach")


def walk(rng):
    """A walk through all cells, and the sum over cells of when each is first met."""
    cell, left, moves, waited = CENTRE, set(CELLS) - {CENTRE}, [], 0
    while left:
        for action in way_to_nearest(cell, left, rng):
            moves.append(action)
            cell = (cell[0] + MOVES[action][0], cell[1] + MOVES[action][1])
            if cell in left:
                left.remove(cell)
                waited += len(moves)
    return waited, moves


os.makedirs("checkpoints", exist_ok=True)
for checkpoint in range(5):
    rng = random.Random(checkpoint)
    waited, moves = min(walk(rng) for _ in range(TRIES))
    numpy.savez("checkpoints/%d.npz" % checkpoint, walk=numpy.array(moves, dtype=numpy.uint8))
    print("checkpoint %d: %d moves, the goal after %.1f on average" % (checkpoint, len(moves), waited / (len(CELLS) - 1)))

"""Knows the maze, remembers where it is and where the goal was: walks through all cells until it has met the goal. After each jump
it keeps every cell where it may be by what it has seen, and takes the shortest way to the goal that is best over these.

The maze is the same in every episode: nine by nine cells, with a wall wherever row and column are both odd.
"""
import functools
import os

import numpy

SIDE = 9
# How far it looks ahead while it does not know where it is, and what that costs it at the end of its sight.
DEPTH = 3
DOUBT = 6.0
MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
CENTRE = (4, 4)
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "checkpoints")
# For each cell where to go next while the goal is not known, found by train.py: a walk through all cells.
WALKS = [numpy.load(os.path.join(FOLDER, "%d.npz" % one))["walk"] for one in range(5)]


def is_free(cell):
    return 0 <= cell[0] < SIDE and 0 <= cell[1] < SIDE and not (cell[0] % 2 and cell[1] % 2)


CELLS = [(row, column) for row in range(SIDE) for column in range(SIDE) if is_free((row, column))]


def moved(cell, action):
    after = (cell[0] + MOVES[action][0], cell[1] + MOVES[action][1])
    return after if is_free(after) else cell


def distances_to(goal):
    found, front = {goal: 0}, [goal]
    for cell in front:
        for action in range(4):
            before = moved(cell, action)
            if before not in found:
                found[before] = found[cell] + 1
                front.append(before)
    return found


DISTANCES = {goal: distances_to(goal) for goal in CELLS}


class Walker:
    """What one episode remembers."""

    def __init__(self, walk):
        self.walk, self.step = walk, 0
        self.cells, self.goal, self.last = [CENTRE], None, None

    def act(self, observation):
        if observation[13] > 0:
            # The last move met the goal, and the jump after it went nobody knows where.
            if self.goal is None and self.cells:
                self.goal = moved(self.cells[0], self.last)
            self.cells = CELLS
        elif self.last is not None:
            self.cells = {AFTER[self.last][cell] for cell in self.cells} - {self.goal}
        walls = tuple(value > 0 for value in observation[:9])
        self.cells = sorted(cell for cell in self.cells if WALLS[cell] == walls)
        if not self.cells:
            # Another episode has begun, which does not count.
            return 0
        if self.goal is None:
            self.last = int(self.walk[self.step % len(self.walk)])
            self.step += 1
        else:
            self.last = best_move(tuple(self.cells), self.goal)
        return self.last


def walls_at(cell):
    return tuple(not is_free((cell[0] + row, cell[1] + column)) for row in (-1, 0, 1) for column in (-1, 0, 1))


WALLS = {cell: walls_at(cell) for cell in CELLS}
AFTER = [{cell: moved(cell, action) for cell in CELLS} for action in range(4)]


def cost(cells, goal, depth):
    """About how many moves all these cells need together to the goal: exact for one, else looking a few moves ahead."""
    if not cells:
        return 0.0
    if len(cells) == 1:
        return float(DISTANCES[goal][cells[0]])
    if depth == 0:
        # Each would need its own way: not knowing which one it is costs more, the further away.
        return sum(DISTANCES[goal][cell] for cell in cells) + DOUBT * len(cells)
    return min(costs(cells, goal, depth))


@functools.lru_cache(None)
def costs(cells, goal, depth):
    """The cost of each of the four moves."""
    found = []
    for action in range(4):
        groups = {}
        for after in {AFTER[action][cell] for cell in cells} - {goal}:
            groups.setdefault(WALLS[after], []).append(after)
        stays = all(AFTER[action][cell] == cell for cell in cells)
        total = sum(cost(tuple(sorted(group)), goal, depth - 1) for group in groups.values())
        found.append(float("inf") if stays else len(cells) + total)
    return found


@functools.lru_cache(None)
def best_move(cells, goal):
    found = costs(cells, goal, 1 if len(cells) == 1 else DEPTH)
    return found.index(min(found))


walkers = {}


def act(checkpoint, frame, observations):
    if frame == 0:
        walkers[checkpoint] = [Walker(WALKS[checkpoint]) for _ in observations]
    return numpy.array([one.act(seen) for one, seen in zip(walkers[checkpoint], observations.tolist())], dtype=numpy.int32)

"""Keeps the paddle under where the ball will be, and takes it with the old or the new place of the paddle by chance.

Taken with the old place the ball goes on along the wall's mirror, with the new one it goes back where it came from: a
policy that always does the same soon plays in a circle.
"""
import os
import random

import numpy

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "checkpoints")
CHANCES = [float(numpy.load(os.path.join(FOLDER, "%d.npz" % one))["back"]) for one in range(5)]
STAY, LEFT, RIGHT = 0, 1, 2
LANDING_ROW = 8
chance = numpy.random.default_rng(random.getrandbits(64))


def place(board):
    """Row and column of the one cell that is set, for each episode."""
    return numpy.divmod(board.reshape(len(board), -1).argmax(axis=1), 10)


def act(checkpoint, frame, observations):
    _, paddle = place(observations[..., 0])
    row, column = place(observations[..., 1])
    last_row, last_column = place(observations[..., 2])
    sideways = numpy.where(column == last_column, numpy.where(column == 0, 1, -1), column - last_column)
    ahead = numpy.clip(column + sideways, 0, 9)
    lands = (row == LANDING_ROW) & (last_row < row)
    goes_back = chance.random(len(row)) < CHANCES[checkpoint]
    wanted = numpy.where(lands & ~goes_back & (abs(column - paddle) <= 1), column, ahead)
    return numpy.where(wanted < paddle, LEFT, numpy.where(wanted > paddle, RIGHT, STAY)).astype(numpy.int32)

"""Scores a language model: nats per token at random places of windows of 1,024 unseen tokens."""
import math
import os
from array import array

from nightshift_judge import run

VOCABULARY = 50304
WINDOW = 1024
BATCH = 64
# As many places as bring the standard error of the mean below this, in nats.
ERROR_MAX = 0.02
PLACES_MIN = 2048
PLACES_MAX = 32768


def judge(room):
    path = "hidden/data/%s.bin" % room.phase
    windows = (os.path.getsize(path) // 2 - 1) // WINDOW
    rng = room.rng("places")
    room.start_language_model("predict", VOCABULARY)
    count, total, squares, error = 0, 0.0, 0.0, math.inf
    with open(path, "rb") as file:
        while count < PLACES_MIN or (error >= ERROR_MAX and count < PLACES_MAX):
            prefixes, targets = [], []
            for _ in range(BATCH):
                # Where a window is scored as a whole, each of its 1,024 tokens is predicted from those before it, one at least.
                window, length = rng.randrange(windows), rng.randint(1, WINDOW)
                file.seek(2 * window * WINDOW)
                tokens = array("H", file.read(2 * (WINDOW + 1)))
                room.cases([tokens])
                prefixes.append(tokens[:length])
                targets.append(tokens[length])
            for likelihood in room.log_likelihoods(prefixes, targets):
                count, total, squares = count + 1, total - likelihood, squares + likelihood * likelihood
            mean = total / count
            error = math.sqrt(max(squares / count - mean * mean, 0.0) / count)
    return mean, {"places": count, "standardError": error}


run(judge)

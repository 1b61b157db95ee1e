"""Scores a language model: bits per byte over random places of speeches that it has not seen."""
import math
from array import array

from nightshift_judge import run

BYTES = 128
PREFIX_MAX = 512
BATCH = 512
# As many places as bring the standard error of the mean below this, in bits.
ERROR_MAX = 0.02
PLACES_MIN = 4096
PLACES_MAX = 32768


def judge(room):
    with open("hidden/data/%s.txt" % room.phase, "rb") as file:
        text = array("H", list(file.read()))
    rng = room.rng("places")
    room.start_language_model("predict", BYTES)
    count, total, squares, error = 0, 0.0, 0.0, math.inf
    while count < PLACES_MIN or (error >= ERROR_MAX and count < PLACES_MAX):
        places = [rng.randrange(PREFIX_MAX, len(text)) for _ in range(BATCH)]
        prefixes = [text[place - PREFIX_MAX : place] for place in places]
        room.cases(prefixes)
        for likelihood in room.log_likelihoods(prefixes, [text[place] for place in places]):
            bits = -likelihood / math.log(2)
            count, total, squares = count + 1, total + bits, squares + bits * bits
        mean = total / count
        error = math.sqrt(max(squares / count - mean * mean, 0.0) / count)
    return mean, {"places": count, "standardError": error}


run(judge)

"""Scores a packing heuristic: bins used over the least that the items' sizes ask for, on the phase's hidden sequences."""
import hashlib
import random

from hidden.items import CAPACITY, ITEMS, sequence
from nightshift_judge import Invalid, integer_between, run

SEQUENCES = <<sequences>>


def sequences_of(phase):
    """The same sequences for every seed: a heuristic that draws nothing has the same score each time."""
    with open("hidden/key", "rb") as file:
        key = file.read().strip()
    rng = random.Random(int.from_bytes(hashlib.sha256(key + b"/" + phase.encode()).digest(), "big"))
    return [sequence(rng) for _ in range(SEQUENCES)]


def judge(room):
    sequences = sequences_of(room.phase)
    room.cases(sequences)
    room.start_function("choose", [CAPACITY] * SEQUENCES)
    rooms = [[] for _ in sequences]
    for number in range(ITEMS):
        answers = room.call([(index, (rooms[index], sequences[index][number])) for index in range(SEQUENCES)])
        for opened, items, answer in zip(rooms, sequences, answers):
            chosen, item = integer_between(answer, -1, len(opened) - 1, "the number of a bin"), items[number]
            if chosen == -1:
                opened.append(CAPACITY - item)
            elif opened[chosen] < item:
                raise Invalid("an item of size %d was put into a bin with room %d" % (item, opened[chosen]))
            else:
                opened[chosen] -= item
    ratios = [len(opened) / -(-sum(items) // CAPACITY) for opened, items in zip(rooms, sequences)]
    return sum(ratios) / SEQUENCES, {"sequences": SEQUENCES, "bins": sum(map(len, rooms))}


run(judge)

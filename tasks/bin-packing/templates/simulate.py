"""Packs sample sequences with heuristic.py and prints the mean ratio of bins to the least. Usage: python3 simulate.py [seed]"""
import random
import sys

sys.dont_write_bytecode = True

SEQUENCES = <<sequences>>


def ratio(items, capacity, choose):
    """Bins used over the least that the items' sizes ask for."""
    rooms = []
    for item in items:
        chosen = choose(capacity, list(rooms), item)
        if type(chosen) is not int or not -1 <= chosen < len(rooms) or (chosen >= 0 and rooms[chosen] < item):
            sys.exit("illegal answer %r: choose must return the number of a bin with room, or -1" % (chosen,))
        if chosen == -1:
            rooms.append(capacity - item)
        else:
            rooms[chosen] -= item
    return len(rooms) / -(-sum(items) // capacity)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    rng = random.Random("items %d" % seed)
    random.seed("heuristic %d" % seed)  # before the import, which may draw already
    from heuristic import choose
    from items import CAPACITY, sequence

    ratios = [ratio(sequence(rng), CAPACITY, choose) for _ in range(SEQUENCES)]
    print("sequences %d, mean bins over the least %.4f" % (SEQUENCES, sum(ratios) / SEQUENCES))


main()

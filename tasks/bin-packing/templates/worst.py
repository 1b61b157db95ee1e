"""Probe: of the last few bins with room enough, the one with the most room (worst fit)."""

LOOK_BACK = <<lookBack>>


def choose(capacity, rooms, item):
    fitting = [number for number in range(max(0, len(rooms) - LOOK_BACK), len(rooms)) if rooms[number] >= item]
    return max(fitting, key=lambda number: (rooms[number], -number), default=-1)

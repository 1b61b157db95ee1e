"""The packing heuristic: this file is the submission."""


def choose(capacity, rooms, item):
    """Return the number of the open bin that takes the item, counted from 0, or -1 to open a new one.

    capacity: the room of an empty bin. rooms: the room left in each open bin, in the order in which they were opened.
    """
    last = len(rooms) - 1
    return last if last >= 0 and rooms[last] >= item else -1

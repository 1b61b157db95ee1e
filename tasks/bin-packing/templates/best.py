"""Reference: the fullest bin that takes the item (best fit), unless that leaves a sliver that no item is likely to fill."""

# A new bin is opened rather than leaving from SLIVER_FROM to SLIVER_TO room, while fewer than OPEN_MAX bins are kept open for it.
SLIVER_FROM = <<sliverFrom>>
SLIVER_TO = <<sliverTo>>
OPEN_MAX = <<openMax>>


def choose(capacity, rooms, item):
    fitting = sorted((room, number) for number, room in enumerate(rooms) if room >= item)
    for room, number in fitting:
        if not SLIVER_FROM <= room - item <= SLIVER_TO:
            return number
    wide = sum(room > SLIVER_TO for room in rooms)
    return fitting[0][1] if fitting and wide >= OPEN_MAX else -1

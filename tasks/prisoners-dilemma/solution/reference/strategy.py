"""Reference: nearly half of the pool ignores us, and what the rest pays for cooperation is less than what it costs."""


def row_strategy(history):
    return 1

"""Probe: gives up one field and divides the soldiers over the other five."""


def row_strategy(history):
    return [0, 24, 24, 24, 24, 24]

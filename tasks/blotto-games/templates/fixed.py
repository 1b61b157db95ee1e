"""<<title>>"""


def row_strategy(history):
    return <<move>>

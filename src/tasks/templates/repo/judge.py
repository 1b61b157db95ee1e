"""Scores a repaired package: the share of hidden tests that pass. Each phase has a folder of tests of its own."""
from nightshift_judge import run


def judge(room):
    passed = room.run_tests("tests/" + room.phase)
    return sum(passed.values()) / len(passed), {"tests": len(passed)}


run(judge)

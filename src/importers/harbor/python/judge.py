"""Scores what an agent left by the tests of a Harbor task, which run beside it once the agent is gone."""
import json
import math

from nightshift_judge import Invalid, run
from nightshift_script import run_script

with open("hidden/harbor/settings.json", encoding="utf-8") as file:
    SETTINGS = json.load(file)


def judge(room):
    arguments = [room.phase, str(room.seed)]
    printed = run_script(room, "harbor/run_tests.py", arguments, SETTINGS["files"], SETTINGS["seconds"] + 10)
    try:
        answer = json.loads(printed)
        rewards = answer["rewards"]
        words = str(answer["words"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Invalid("the tests' answer is not what they write") from None
    if type(rewards) is not dict:
        raise Invalid(words)
    numbers = {name: value for name, value in rewards.items() if type(value) in (int, float) and math.isfinite(value)}
    score = numbers.pop(SETTINGS["reward"], None)
    if score is None:
        raise Invalid(words)
    return score, numbers


run(judge)

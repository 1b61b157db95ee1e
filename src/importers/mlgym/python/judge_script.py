"""Scores code by the task's evaluation script, which imports it and so runs beside it, once the agent is gone."""
from hidden.mlgym_metrics import SETTINGS, score_of
from nightshift_judge import run
from nightshift_script import run_script


def judge(room):
    printed = run_script(room, SETTINGS["script"], SETTINGS["arguments"], SETTINGS["files"], SETTINGS["seconds"])
    return score_of(printed)


run(judge)

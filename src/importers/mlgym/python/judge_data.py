"""Scores a file of predictions by the task's evaluation script, which runs here, with the labels: nothing of the agent's does."""
import os
import shutil
import subprocess
import sys

from hidden.mlgym_metrics import SETTINGS, score_of
from nightshift_judge import Invalid, run

FOLDER = "evaluation"
WORDS_MAX = 300


def lay(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(source, target)


def judge(room):
    for path in SETTINGS["files"]:
        lay(os.path.join("hidden", path), os.path.join(FOLDER, path))
    for path in SETTINGS["submission"]:
        lay(os.path.join("submission", path), os.path.join(FOLDER, path))
    command = [sys.executable, "-s", "-B", SETTINGS["script"], *SETTINGS["arguments"]]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, errors="replace")
    if done.returncode == 0:
        return score_of(done.stdout)
    words = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    if words.startswith(("ModuleNotFoundError", "MemoryError")):
        raise RuntimeError("%s cannot run here: %s" % (SETTINGS["script"], words))
    raise Invalid("%s failed: %s" % (SETTINGS["script"], words[:WORDS_MAX]))


run(judge)

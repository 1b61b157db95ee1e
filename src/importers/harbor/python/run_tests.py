"""Runs a Harbor task's test.sh in the room of what an agent left, and prints its rewards.

It is started in the folder of the submission, with the task's files in harbor/ there. They, and nothing that an agent put beside them, go out of that
folder first; then absolute places that Harbor's containers have (the agent's folder, /tests, /logs) are written as those they have here.
"""
import sys

# The first place to import from is the agent's folder: a subprocess.py there is none of ours.
del sys.path[0]

import json
import os
import re
import shutil
import signal
import subprocess

WORDS_MAX = 300
KEPT_BYTES = 1 << 16
TEXT_BYTES_MAX = 1 << 22


def relocate(folder, places):
    """Write absolute places anew in every text file below a folder."""
    pattern = re.compile(r"(?<![\w.~/$}-])(%s)(?![\w.-]*\w)" % "|".join(re.escape(old) for old in places))
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            if os.path.getsize(path) > TEXT_BYTES_MAX:
                continue
            try:
                with open(path, encoding="utf-8", newline="") as file:
                    text = file.read()
            except UnicodeDecodeError:
                continue
            new = pattern.sub(lambda found: places[found.group(1)], text)
            if new != text:
                with open(path, "w", encoding="utf-8", newline="") as file:
                    file.write(new)


def run(folder, home, settings, environment):
    """test.sh to its end, or to its time limit; the end of what it printed."""
    child = subprocess.Popen(
        ["bash", os.path.join(home, "tests", "test.sh")],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(child.pid, signal.SIGKILL))
    signal.alarm(max(1, int(settings["seconds"])))
    kept = b""
    while True:
        chunk = child.stdout.read(KEPT_BYTES)
        if not chunk:
            break
        kept = (kept + chunk)[-KEPT_BYTES:]
    child.wait()
    signal.alarm(0)
    return kept.decode("utf-8", "replace"), child.returncode


def rewards_in(logs):
    """The rewards that were written; None where there are none."""
    for name in ("reward.json", "reward.txt"):
        try:
            with open(os.path.join(logs, "verifier", name), encoding="utf-8") as file:
                value = json.loads(file.read())
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError):
            return None
        return value if type(value) is dict else {"reward": value}
    return None


def main():
    phase, seed = sys.argv[1:3]
    folder = os.getcwd()
    home = os.path.join(os.path.dirname(folder), "harbor")
    laid = os.path.join(folder, "harbor")
    with open(os.path.join(laid, "settings.json"), encoding="utf-8") as file:
        settings = json.load(file)
    for path in settings["files"]:
        target = os.path.join(os.path.dirname(folder), path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(os.path.join(folder, path), target)
    shutil.rmtree(laid)
    logs = os.path.join(home, "logs")
    for name in ("verifier", "artifacts"):
        os.makedirs(os.path.join(logs, name))
    tests = os.path.join(home, "tests")
    places = {settings["workdir"]: folder, "/tests": tests, "/logs": logs}
    relocate(tests, places)
    environment = dict(os.environ, **settings["env"])
    environment.update(NIGHTSHIFT_PHASE=phase, NIGHTSHIFT_SEEDS=seed, NIGHTSHIFT_LOGS=logs, NIGHTSHIFT_WORKSPACE=folder)
    output, code = run(folder, home, settings, environment)
    lines = [" ".join(line.split()) for line in output.splitlines() if line.strip()]
    words = "test.sh ended with %d and gave no score: %s" % (code, lines[-1] if lines else "it printed nothing")
    print(json.dumps({"rewards": rewards_in(logs), "words": words[:WORDS_MAX]}))


main()

"""Judges the files that an agent left, as Harbor's tests: the judge and what it hides run as root, the submission's code as nobody.

Beside this file are judge/ (judge.py, its helpers, hidden/), room/ (the harness, and what lies around a submission) and settings.json. It writes
reward.json: the reward on a scale of 0 to 1, the raw score, the baseline's, and whether it is better.
"""
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
CHUNK = 1 << 16
GRACE_SECONDS = 15
NOBODY = 65534
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
    "HOME": "/tmp",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
}


def reward(numbers):
    folder = os.path.join(os.environ.get("NIGHTSHIFT_LOGS", "/logs"), "verifier")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "reward.json"), "w", encoding="utf-8") as file:
        json.dump(numbers, file)


def fail(words):
    """What was handed in cannot be scored: no raw score, and for trainers that want a number, nothing."""
    print(words)
    reward({"reward": 0, "valid": 0})
    sys.exit(0)


def submitted(settings):
    """The declared files: from the agent's folder, or from where artifacts are collected."""
    places = [os.environ.get("NIGHTSHIFT_WORKSPACE", settings["workdir"]), "/logs/artifacts", "/logs/artifacts/work"]
    found = {}
    for path, bytes_max in settings["submission"]:
        for place in places:
            full = os.path.join(place, path)
            if os.path.isfile(full) and not os.path.islink(full):
                if os.path.getsize(full) > bytes_max:
                    fail("%s is larger than %d bytes" % (path, bytes_max))
                with open(full, "rb") as file:
                    found[path] = file.read()
                break
        else:
            fail("%s is missing" % path)
    return found


def lay(folder, files):
    for path, data in files.items():
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)


def pump(source, sink):
    """Bytes from one process to the other, until either has gone."""
    try:
        while True:
            data = os.read(source, CHUNK)
            if not data:
                break
            while data:
                data = data[os.write(sink, data) :]
    except OSError:
        pass
    finally:
        try:
            os.close(sink)
        except OSError:
            pass


def as_nobody(room, cpu_seconds):
    """What a submission's process is held to; another user where this one is root."""

    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)

    if os.getuid() == 0:
        for base, folders, names in os.walk(room):
            for name in [base, *(os.path.join(base, one) for one in folders + names)]:
                os.chown(name, NOBODY, NOBODY)
    return limit


def judge_once(settings, files, phase, seed, scratch):
    """One seed: the verdict as the judge wrote it, and the CPU milliseconds of the submission."""
    home = os.path.join(scratch, "judge-%d" % seed)
    shutil.copytree(os.path.join(HERE, "judge"), home)
    os.chmod(home, 0o700)
    setup = {
        "phase": phase,
        "seed": seed,
        "deadlineSeconds": settings["seconds"],
        "path": settings["submission"][0][0],
        "verdict": "verdict.json",
        "cases": "cases",
        "nonce": "harbor",
    }
    python = [sys.executable, "-s", *([] if settings["packages"] else ["-S"]), "-B"]
    common = {"env": ENVIRONMENT, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "start_new_session": True}
    judge = subprocess.Popen([*python, "judge.py"], cwd=home, **common)
    body = json.dumps(setup).encode()
    os.write(judge.stdin.fileno(), len(body).to_bytes(4, "big") + body)
    submission = None
    if settings["kind"] == "csv":
        lay(os.path.join(home, "submission"), files)
    else:
        room = os.path.join(scratch, "room-%d" % seed)
        shutil.copytree(os.path.join(HERE, "room"), room)
        lay(os.path.join(room, "submission"), files)
        limit = as_nobody(room, settings["cpuSeconds"])
        submission = subprocess.Popen([*python, "harness/harness.py"], cwd=room, preexec_fn=limit, **common)
        for source, sink in ((judge.stdout, submission.stdin), (submission.stdout, judge.stdin)):
            ends = os.dup(source.fileno()), os.dup(sink.fileno())
            source.close()
            sink.close()
            threading.Thread(target=pump, args=ends, daemon=True).start()
    judge.wait(settings["seconds"] + GRACE_SECONDS)
    cpu_ms = 0
    if submission is not None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        submission.kill()
        submission.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_ms = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    with open(os.path.join(home, "verdict.json"), encoding="utf-8") as file:
        verdict = json.load(file)
    most = settings["cpuMsPerCallMax"]
    if verdict["kind"] == "scored" and most is not None and cpu_ms > most * verdict["calls"]:
        verdict = {"kind": "invalid", "reason": "it takes more than %g ms of CPU time a call on average" % most}
    return verdict


def anchored(settings, mean):
    """Where the score lies between the task's anchors, from 0 to 1."""
    sign = 1 if settings["direction"] == "maximize" else -1
    known = []
    starter = sign * settings["starter"]
    for score, reward in settings["anchors"]:
        score = sign * score
        if reward == 0 and score >= starter:
            continue
        if known and (score < known[-1][0] or (score == known[-1][0] and score == starter)):
            continue
        if known and known[-1][0] == score:
            known.pop()
        known.append((score, reward))
    if len(known) < 2:
        return float(sign * mean > starter)
    at = sign * mean
    end = next((index for index, (score, _) in enumerate(known) if at <= score), len(known) - 1)
    (low, least), (high, most) = known[max(1, end) - 1], known[max(1, end)]
    return min(1.0, max(0.0, least + (at - low) * (most - least) / (high - low)))


def main():
    if os.getuid() == 0:
        os.chmod(HERE, 0o700)
    with open(os.path.join(HERE, "settings.json"), encoding="utf-8") as file:
        settings = json.load(file)
    phase = os.environ.get("NIGHTSHIFT_PHASE", "record")
    seeds = [int(seed) for seed in os.environ.get("NIGHTSHIFT_SEEDS", "0,1,2").split(",")]
    files = submitted(settings)
    scores = []
    metrics = {}
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o711)
        for seed in seeds:
            verdict = judge_once(settings, files, phase, seed, scratch)
            if verdict["kind"] != "scored":
                fail("not valid: %s" % verdict["reason"])
            scores.append(verdict["score"])
            metrics.update(verdict["metrics"])
    mean = sum(scores) / len(scores)
    gain = (mean - settings["starter"]) * (1 if settings["direction"] == "maximize" else -1)
    # As on our side, a gain within two standard errors counts as none.
    spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
    is_sure = gain >= 2 * max(spread, settings["sigma"]) / len(scores) ** 0.5
    value = anchored(settings, mean if gain <= 0 or is_sure else settings["starter"])
    rewards = {"reward": value, "raw_score": mean, "baseline": settings["starter"], "improved": int(gain > 0), "valid": 1}
    reward(dict(metrics, **rewards))
    print(json.dumps(rewards))


main()

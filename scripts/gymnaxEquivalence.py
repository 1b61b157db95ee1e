"""Holds the judge's way of playing against a plain loop over gymnax: one environment, one step at a time, nothing compiled around it.

  python3 gymnaxEquivalence.py FOLDER [SEQUENCES]     FOLDER: tasks/, in an image with gymnax (scripts/gymnaxEquivalence.ts runs it there)

For each environment the same keys and the same recorded actions are played both ways; returns, first ends and frame counts must be
equal, not nearly. Prints a line each, and ends with 1 where anything differs or no episode ended early.
"""
import importlib.util
import os
import sys

import gymnax
import jax
import numpy

SEQUENCES = 12


def judge_of(folder, task):
    """The task's own judge modules: episodes.py as it lies in hidden/, and the frames that judge.py plays."""
    spec = importlib.util.spec_from_file_location("episodes", os.path.join(folder, task, "hidden", "episodes.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with open(os.path.join(folder, task, "judge.py"), encoding="utf-8") as file:
        frames = [int(line.split("=")[1]) for line in file if line.startswith("FRAMES = ")]
    return module.play, frames[0]


def driven(observations, rng):
    """Along the car's motion, with forces up to more than there may be: most arrive, some in time."""
    forces = numpy.linspace(0.3, 1.3, len(observations))
    return (numpy.where(observations[:, 1] >= 0, forces, -forces) + rng.normal(0, 0.05, len(forces))).astype(numpy.float32)


def wandering(observations, rng):
    return rng.integers(0, 4, len(observations)).astype(numpy.int32)


def following(observations, rng):
    """The paddle follows the ball; the later the episode stands in the batch the more often it does not."""
    cells = observations.reshape(len(observations), 100, 4)
    paddle, ball, trail = (cells[..., channel].argmax(axis=1) % 10 for channel in range(3))
    ahead = numpy.clip(ball + numpy.where(ball == trail, numpy.where(ball == 0, 1, -1), ball - trail), 0, 9)
    moves = numpy.where(ahead < paddle, 1, numpy.where(ahead > paddle, 2, 0))
    is_careless = rng.random(len(moves)) < numpy.linspace(0, 0.3, len(moves))
    return numpy.where(is_careless, rng.integers(0, 3, len(moves)), moves).astype(numpy.int32)


def recorded_actions(play, name, keys, frames, policy, rng):
    """What a policy did in each frame: (episodes, frames). What comes after all have ended does not matter."""
    rows = []

    def act(_, observations):
        rows.append(policy(observations, rng))
        return rows[-1]

    play(name, keys, frames, act)
    rows.extend([rows[-1]] * (frames - len(rows)))
    return numpy.stack(rows, axis=1)


def plain(name, key, actions):
    """Return, frames and end of one episode: reset, then step until it ends or the frames do."""
    environment, parameters = gymnax.make(name)
    key = jax.numpy.asarray(key, dtype="uint32")
    _, state = environment.reset(jax.random.fold_in(key, 0), parameters)
    total, count, ended = 0.0, 0, False
    for action in actions:
        count += 1
        _, state, reward, ended, _ = environment.step(jax.random.fold_in(key, count), state, action, parameters)
        total += float(reward)
        if ended:
            break
    return total, count, bool(ended)


# The last number: how many times as many sequences. A maze ends early only where chance puts its wanderer on the goal.
TASKS = (
    ("mountain-car-continuous", "MountainCarContinuous-v0", 200, driven, 1),
    ("metamaze", "MetaMaze-misc", 199, wandering, 16),
    ("breakout-minatar", "Breakout-MinAtar", 999, following, 1),
)


def main():
    folder = sys.argv[1]
    sequences = int(sys.argv[2]) if len(sys.argv) > 2 else SEQUENCES
    is_equal = True
    for task, name, frames_wanted, policy, times in TASKS:
        count = sequences * times
        play, frames = judge_of(folder, task)
        rng = numpy.random.default_rng(7)
        keys = rng.integers(0, 1 << 32, (count, 2), dtype=numpy.uint32)
        actions = recorded_actions(play, name, keys, frames, policy, rng)
        batched, lengths = play(name, keys, frames, lambda frame, _: actions[:, frame])
        alone = [plain(name, key, row) for key, row in zip(keys, actions)]
        difference = max(abs(one - two) for one, (two, _, _) in zip(batched, alone))
        counts_differ = sum(int(one) != two for one, (_, two, _) in zip(lengths, alone))
        ended = sum(end for _, _, end in alone)
        told = (name, count, frames, ended, count - ended, min(batched), max(batched), difference, counts_differ)
        print(
            "%s: %d sequences of at most %d frames, %d ended early and %d did not, returns from %g to %g: "
            "largest difference %g, %d frame counts differ" % told,
            flush=True,
        )
        is_equal = is_equal and difference == 0 and counts_differ == 0 and frames == frames_wanted
        # Without early and late ends nothing is shown of what is counted up to when.
        is_equal = is_equal and 0 < ended < count
    sys.exit(0 if is_equal else 1)


main()

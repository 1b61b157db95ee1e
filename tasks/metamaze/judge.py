"""Scores five checkpoints of a policy for MetaMaze: the mean return over 256 episodes each. The judge steps the environments."""
import numpy
from hidden.episodes import play
from nightshift_judge import Invalid, run

CHECKPOINTS = 5
EPISODES = 256
FRAMES = 199
ACTIONS = 4


def judge(room):
    rng = room.rng("episodes")
    keys = numpy.array([[rng.getrandbits(32), rng.getrandbits(32)] for _ in range(EPISODES)], dtype=numpy.uint32)
    room.cases(keys.tolist())
    room.start_function("act", list(range(CHECKPOINTS)))

    def act(frame, observations):
        groups = observations.reshape((CHECKPOINTS, EPISODES) + observations.shape[1:])
        calls = [(checkpoint, [frame, groups[checkpoint]]) for checkpoint in range(CHECKPOINTS)]
        actions = numpy.concatenate(room.call(calls, answers=("i4", (EPISODES,))))
        if actions.min() < 0 or actions.max() >= ACTIONS:
            raise Invalid("an action must be a whole number from 0 to %d" % (ACTIONS - 1))
        return actions

    # As in MLGym every checkpoint meets the same episodes.
    returns, lengths = play("MetaMaze-misc", numpy.tile(keys, (CHECKPOINTS, 1)), FRAMES, act)
    means = returns.reshape(CHECKPOINTS, EPISODES).mean(axis=1)
    return float(returns.mean()), {
        "std": float(returns.std()),
        "worstCheckpoint": float(means.min()),
        "bestCheckpoint": float(means.max()),
        "meanFrames": float(lengths.mean()),
        "episodes": len(returns),
    }


run(judge)

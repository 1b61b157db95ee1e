"""Plays many episodes of one gymnax environment side by side, in lockstep; every episode counts up to its first end.

An episode is known by its key, two words of 32 bits: all its randomness hangs on that. gymnax's own `step` begins a new
episode where one ends; the rewards of that are not counted.
"""
import os

# One thread, also where the image's own settings do not arrive: before JAX is imported.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import gymnax  # noqa: E402
import jax  # noqa: E402
import numpy  # noqa: E402


def play(name, keys, frames, act, observed=None):
    """Returns of the episodes and how many frames each lasted, as two numpy arrays.

    keys: an array of uint32, (episodes, 2). act(frame, observations) gives an action for each episode. observed: the numpy type that
    observations are given as; None: gymnax's own.
    """
    environment, parameters = gymnax.make(name)
    keys = jax.numpy.asarray(keys, dtype="uint32")

    def seen(observations):
        return observations if observed is None else observations.astype(observed)

    @jax.jit
    def begin(keys):
        first = jax.vmap(lambda key: environment.reset(jax.random.fold_in(key, 0), parameters))
        observations, states = first(keys)
        return seen(observations), states

    @jax.jit
    def advance(keys, frame, states, actions):
        def one(key, state, action):
            return environment.step(jax.random.fold_in(key, frame), state, action, parameters)

        observations, states, rewards, ended, _ = jax.vmap(one)(keys, states, actions)
        return seen(observations), states, rewards, ended

    returns = numpy.zeros(len(keys))
    lengths = numpy.zeros(len(keys), dtype=int)
    alive = numpy.ones(len(keys), dtype=bool)
    observations, states = begin(keys)
    for frame in range(1, frames + 1):
        actions = act(frame - 1, numpy.asarray(observations))
        observations, states, rewards, ended = advance(keys, frame, states, actions)
        returns += numpy.where(alive, numpy.asarray(rewards, dtype=float), 0)
        lengths += alive
        alive &= ~numpy.asarray(ended)
        if not alive.any():
            break
    return returns, lengths

"""Trains five checkpoints with an evolution strategy, each from another seed, and writes checkpoints/0.npz to 4.npz.

A population of networks is spread around one, each drives a few cars, and the one moves towards those that did well. Cars and networks
run in one compiled function of plain JAX. The budget is small on purpose: some seconds on one core.
"""
import os
import time

# One thread, also where the image's own settings do not arrive: before JAX is imported.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import gymnax  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy  # noqa: E402

NAME = "MountainCarContinuous-v0"
CHECKPOINTS = 5
SEED = 42
GENERATIONS = 40
POPULATION = 64
CARS = 8
FRAMES = 200
HIDDEN = 16
SPREAD = 0.3
LEARNING_RATE = 0.1
DEVIATION = 0.5
# Position and velocity, brought to about -1 to 1.
MIDDLE = numpy.array([-0.3, 0.0], dtype=numpy.float32)
SCALE = numpy.array([0.9, 0.07], dtype=numpy.float32)
SHAPES = {"first_w": (2, HIDDEN), "first_b": (HIDDEN,), "second_w": (HIDDEN, 1), "second_b": (1,)}
SIZE = sum(int(numpy.prod(shape)) for shape in SHAPES.values())

environment, parameters = gymnax.make(NAME)


def unpacked(vector):
    """The layers of a network that is one long vector."""
    weights, start = {}, 0
    for name, shape in SHAPES.items():
        size = int(numpy.prod(shape))
        weights[name] = vector[start : start + size].reshape(shape)
        start += size
    return weights


def force(weights, observation, key):
    hidden = jnp.tanh((observation - MIDDLE) / SCALE @ weights["first_w"] + weights["first_b"])
    mean = jnp.tanh(hidden @ weights["second_w"] + weights["second_b"])[0]
    return jnp.clip(mean + DEVIATION * jax.random.normal(key), -1, 1)


def drive(vector, key):
    """The return of one episode."""
    weights = unpacked(vector)
    key, for_reset = jax.random.split(key)
    observation, state = environment.reset(for_reset, parameters)

    def frame(carry, key):
        observation, state, alive = carry
        for_force, for_step = jax.random.split(key)
        action = force(weights, observation, for_force)
        observation, state, reward, ended, _ = environment.step(for_step, state, action, parameters)
        return (observation, state, alive * (1.0 - ended)), alive * reward

    _, rewards = jax.lax.scan(frame, (observation, state, 1.0), jax.random.split(key, FRAMES))
    return rewards.sum()


def train(key):
    """The vector after all generations, and the mean return in each."""
    key, for_start = jax.random.split(key)
    returns_of = jax.vmap(jax.vmap(drive, in_axes=(None, 0)), in_axes=(0, None))

    def generation(vector, key):
        for_spread, for_cars = jax.random.split(key)
        half = jax.random.normal(for_spread, (POPULATION // 2, SIZE))
        directions = jnp.concatenate([half, -half])
        returns = returns_of(vector + SPREAD * directions, jax.random.split(for_cars, CARS)).mean(axis=1)
        ranks = jnp.argsort(jnp.argsort(returns)) / (POPULATION - 1) - 0.5
        return vector + LEARNING_RATE / SPREAD * (ranks @ directions) / POPULATION * 2, returns.mean()

    start = 0.5 * jax.random.normal(for_start, (SIZE,))
    return jax.lax.scan(generation, start, jax.random.split(key, GENERATIONS))


def main():
    os.makedirs("checkpoints", exist_ok=True)
    compiled = jax.jit(train)
    for checkpoint, key in enumerate(jax.random.split(jax.random.PRNGKey(SEED), CHECKPOINTS)):
        began = time.process_time()
        vector, returns = compiled(key)
        weights = {name: numpy.asarray(one) for name, one in unpacked(vector).items()}
        numpy.savez("checkpoints/%d.npz" % checkpoint, deviation=numpy.float32(DEVIATION), **weights)
        told = (checkpoint, returns[0], returns[-1], time.process_time() - began)
        print("checkpoint %d: mean return %.2f at first, %.2f at last; %.0f CPU seconds" % told, flush=True)


if __name__ == "__main__":
    main()

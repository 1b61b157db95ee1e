"""Trains five checkpoints with PPO (clipped policy gradients), each from another seed, and writes checkpoints/0.npz to 4.npz.

Environments, network and optimiser run in one compiled function of plain JAX. The budget is small on purpose: less than a minute on
one core, some hundred thousand frames a checkpoint.
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

NAME = "MetaMaze-misc"
CHECKPOINTS = 5
SEED = 42
UPDATES = 100
ENVIRONMENTS = 64
STEPS = 64
EPOCHS = 2
MINIBATCHES = 8
HIDDEN = 64
DISCOUNT = 0.95
TRACE = 0.95
CLIP = 0.2
ENTROPY = 0.01
CRITIC = 0.5
LEARNING_RATE = 1e-3
GRADIENT_NORM = 0.5

environment, parameters = gymnax.make(NAME)
ACTIONS = environment.num_actions
# The last reward is 0 or 10, and the time counts up to 200.
SCALE = numpy.array([1.0] * 13 + [1 / 10, 1 / 200], dtype=numpy.float32)
INPUTS = int(numpy.prod(environment.observation_space(parameters).shape))


def initial(key):
    layers = {
        "first": (INPUTS, HIDDEN, 2.0),
        "second": (HIDDEN, HIDDEN, 2.0),
        "actor": (HIDDEN, ACTIONS, 1e-4),
        "critic": (HIDDEN, 1, 1.0),
    }
    weights = {}
    for key, (name, (rows, columns, gain)) in zip(jax.random.split(key, len(layers)), layers.items()):
        weights[name + "_w"] = jax.random.normal(key, (rows, columns)) * jnp.sqrt(gain / rows)
        weights[name + "_b"] = jnp.zeros(columns)
    return weights


def network(weights, observations):
    """Logits of the actions and the value of the state."""
    hidden = jax.nn.relu(observations @ weights["first_w"] + weights["first_b"])
    hidden = jax.nn.relu(hidden @ weights["second_w"] + weights["second_b"])
    return hidden @ weights["actor_w"] + weights["actor_b"], (hidden @ weights["critic_w"] + weights["critic_b"])[..., 0]


def loss(weights, batch):
    logits, values = network(weights, batch["observations"])
    logs = jax.nn.log_softmax(logits)
    taken = jnp.take_along_axis(logs, batch["actions"][:, None], axis=1)[:, 0]
    ratio = jnp.exp(taken - batch["logs"])
    gains = batch["gains"]
    gains = (gains - gains.mean()) / (gains.std() + 1e-8)
    clipped = jnp.clip(ratio, 1 - CLIP, 1 + CLIP)
    actor = -jnp.minimum(ratio * gains, clipped * gains).mean()
    critic = jnp.square(values - batch["targets"]).mean()
    entropy = -(jnp.exp(logs) * logs).sum(axis=1).mean()
    return actor + CRITIC * critic - ENTROPY * entropy


def adam(weights, moments, gradients, rate):
    """One step of Adam, with gradients cut to a norm."""
    norm = jnp.sqrt(sum(jnp.square(one).sum() for one in jax.tree.leaves(gradients)))
    gradients = jax.tree.map(lambda one: one * jnp.minimum(1.0, GRADIENT_NORM / (norm + 1e-8)), gradients)
    first, second, count = moments
    count = count + 1
    first = jax.tree.map(lambda old, new: 0.9 * old + 0.1 * new, first, gradients)
    second = jax.tree.map(lambda old, new: 0.999 * old + 0.001 * new * new, second, gradients)

    def moved(weight, one, two):
        return weight - rate * (one / (1 - 0.9**count)) / (jnp.sqrt(two / (1 - 0.999**count)) + 1e-5)

    return jax.tree.map(moved, weights, first, second), (first, second, count)


def flat(observations):
    return observations * SCALE


def train(key):
    """The weights after all updates, and the mean reward a frame in each."""
    key, for_weights, for_reset = jax.random.split(key, 3)
    weights = initial(for_weights)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    step = jax.vmap(environment.step, in_axes=(0, 0, 0, None))
    observations, states = jax.vmap(environment.reset, in_axes=(0, None))(jax.random.split(for_reset, ENVIRONMENTS), parameters)

    def frame(carry, key):
        weights, observations, states = carry
        for_action, for_step = jax.random.split(key)
        logits, values = network(weights, flat(observations))
        actions = jax.random.categorical(for_action, logits)
        logs = jnp.take_along_axis(jax.nn.log_softmax(logits), actions[:, None], axis=1)[:, 0]
        after, states, rewards, ended, _ = step(jax.random.split(for_step, ENVIRONMENTS), states, actions, parameters)
        seen = {"observations": flat(observations), "actions": actions, "logs": logs, "values": values}
        seen.update(rewards=rewards, ended=ended)
        return (weights, after, states), seen

    def minibatch(carry, batch):
        weights, moments, rate = carry
        weights, moments = adam(weights, moments, jax.grad(loss)(weights, batch), rate)
        return (weights, moments, rate), None

    def update(carry, number):
        weights, moments, observations, states, key = carry
        key, for_frames, for_epochs = jax.random.split(key, 3)
        (_, observations, states), seen = jax.lax.scan(
            frame, (weights, observations, states), jax.random.split(for_frames, STEPS)
        )
        last = network(weights, flat(observations))[1]

        def back(carry, now):
            gain, later = carry
            going = 1.0 - now["ended"]
            error = now["rewards"] + DISCOUNT * going * later - now["values"]
            gain = error + DISCOUNT * TRACE * going * gain
            return (gain, now["values"]), gain

        _, gains = jax.lax.scan(back, (jnp.zeros(ENVIRONMENTS), last), seen, reverse=True)
        batch = dict(seen, gains=gains, targets=gains + seen["values"])
        batch = jax.tree.map(lambda one: one.reshape((STEPS * ENVIRONMENTS,) + one.shape[2:]), batch)
        rate = LEARNING_RATE * (1 - number / UPDATES)

        def epoch(carry, key):
            order = jax.random.permutation(key, STEPS * ENVIRONMENTS).reshape(MINIBATCHES, -1)
            return jax.lax.scan(lambda carry, rows: minibatch(carry, jax.tree.map(lambda one: one[rows], batch)), carry, order)

        (weights, moments, _), _ = jax.lax.scan(epoch, (weights, moments, rate), jax.random.split(for_epochs, EPOCHS))
        return (weights, moments, observations, states, key), (seen["rewards"].mean(), seen["ended"].mean())

    start = (weights, (zeros, zeros, 0.0), observations, states, key)
    (weights, *_), told = jax.lax.scan(update, start, jnp.arange(UPDATES))
    return weights, told


def main():
    os.makedirs("checkpoints", exist_ok=True)
    compiled = jax.jit(train)
    for checkpoint, key in enumerate(jax.random.split(jax.random.PRNGKey(SEED), CHECKPOINTS)):
        began = time.process_time()
        weights, (rewards, _) = compiled(key)
        numpy.savez("checkpoints/%d.npz" % checkpoint, **{name: numpy.asarray(one) for name, one in weights.items()})
        tenth = UPDATES // 10
        told = (checkpoint, rewards[:tenth].mean(), rewards[-tenth:].mean(), time.process_time() - began)
        print("checkpoint %d: reward a frame %.4f at first, %.4f at last; %.0f CPU seconds" % told, flush=True)


if __name__ == "__main__":
    main()

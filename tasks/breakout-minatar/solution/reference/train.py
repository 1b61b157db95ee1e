"""Plans whole games of Breakout: the game has two beginnings and no chance after them, so that a plan made here holds there.

Many games are played side by side by a paddle that follows the ball and takes it one way or the other by chance; now and then those
with few bricks give way to copies of those with many. A checkpoint holds the actions of the best game for either beginning.
"""
import os

import gymnax
import jax
import jax.numpy as jnp
import numpy

CHECKPOINTS = 5
SEED = 42
GAMES = 256
FRAMES = 999
FRAMES_BETWEEN = 27
SHARPNESS = 2.0
LANDING_ROW = 8
DOWN = 2

environment, parameters = gymnax.make("Breakout-MinAtar")


def action(state, goes_back):
    sideways = jnp.where((state.ball_dir == 1) | (state.ball_dir == 2), 1, -1)
    ahead = jnp.clip(state.ball_x + sideways, 0, 9)
    lands = (state.ball_y == LANDING_ROW) & (state.ball_dir >= DOWN)
    takes = lands & ~goes_back & (jnp.abs(state.ball_x - state.pos) <= 1)
    wanted = jnp.where(takes, state.ball_x, ahead)
    return jnp.where(wanted < state.pos, 1, jnp.where(wanted > state.pos, 2, 0))


def frame(carry, key):
    states, bricks, alive = carry
    for_choice, for_step = jax.random.split(key)
    actions = jax.vmap(action)(states, jax.random.bernoulli(for_choice, 0.5, (GAMES,)))
    _, states, rewards, ended, _ = jax.vmap(environment.step, in_axes=(0, 0, 0, None))(
        jax.random.split(for_step, GAMES), states, actions, parameters
    )
    bricks = bricks + rewards * alive
    return (states, bricks, alive & ~ended), actions.astype(jnp.uint8)


@jax.jit
def plan(key, first):
    """The actions and the bricks of the best of many games that begin as `first`."""
    key, for_games = jax.random.split(key)
    carry = jax.tree.map(lambda one: jnp.broadcast_to(one, (GAMES,) + jnp.shape(one)), first), jnp.zeros(GAMES), jnp.ones(GAMES, bool)

    def stretch(carry, key):
        for_frames, for_choice = jax.random.split(key)
        carry, actions = jax.lax.scan(frame, carry, jax.random.split(for_frames, FRAMES_BETWEEN))
        _, bricks, alive = carry
        weight = jnp.where(alive, SHARPNESS * bricks, -jnp.inf)
        kept = jax.random.categorical(for_choice, weight, shape=(GAMES,)).at[0].set(weight.argmax())
        return jax.tree.map(lambda one: one[kept], carry), (actions, kept)

    (_, bricks, _), (actions, kept) = jax.lax.scan(stretch, carry, jax.random.split(for_games, FRAMES // FRAMES_BETWEEN))
    best = bricks.argmax()

    def back(row, told):
        actions, kept = told
        row = kept[row]
        return row, actions[:, row]

    _, chosen = jax.lax.scan(back, best, (actions, kept), reverse=True)
    return chosen.reshape(-1), bricks[best]


def beginnings():
    """A state for each of the two beginnings: the ball at the left and at the right."""
    found = {}
    for number in range(64):
        _, state = environment.reset(jax.random.PRNGKey(number), parameters)
        found[int(state.ball_x)] = state
    return [found[column] for column in sorted(found)]


os.makedirs("checkpoints", exist_ok=True)
for checkpoint, key in enumerate(jax.random.split(jax.random.PRNGKey(SEED), CHECKPOINTS)):
    plans = [plan(one, first) for one, first in zip(jax.random.split(key, 2), beginnings())]
    numpy.savez("checkpoints/%d.npz" % checkpoint, actions=numpy.stack([numpy.asarray(one) for one, _ in plans]))
    print("checkpoint %d: %d and %d bricks" % (checkpoint, plans[0][1], plans[1][1]), flush=True)

"""Scores a policy for bandits: its mean reward per round on the phase's hidden episodes."""
import hashlib
import random

from hidden.arms import ARMS, ROUNDS, episode
from nightshift_judge import integer_between, run

EPISODES = <<episodes>>


def episodes_of(phase):
    """The same episodes for every seed: a policy that draws nothing has the same score each time."""
    with open("hidden/key", "rb") as file:
        key = file.read().strip()
    rng = random.Random(int.from_bytes(hashlib.sha256(key + b"/" + phase.encode()).digest(), "big"))
    return [episode(rng) for _ in range(EPISODES)]


def judge(room):
    episodes = episodes_of(room.phase)
    room.cases(episodes)
    room.start_policy("choose", EPISODES)
    news, total = None, 0.0
    for number in range(ROUNDS):
        chosen = [integer_between(answer, 0, ARMS - 1, "an arm") for answer in room.act(news)]
        news = [(arm, table[number][arm]) for arm, table in zip(chosen, episodes)]
        total += sum(reward for _, reward in news)
    return total / (EPISODES * ROUNDS), {"episodes": EPISODES}


run(judge)

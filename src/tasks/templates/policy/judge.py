"""Scores a bandit policy: the mean reward of its pulls on unseen machines, all of them played side by side."""
from hidden.arms import ARMS, PULLS, machine, pay
from nightshift_judge import integer_between, run

MACHINES = 300


def judge(room):
    rng = room.rng("machines")
    machines = [machine(rng) for _ in range(MACHINES)]
    room.cases(machines)
    room.start_policy("pull", MACHINES)
    news, total = None, 0
    for number in range(PULLS):
        arms = [integer_between(arm, 0, ARMS - 1, "an arm") for arm in room.act(news)]
        # A generator of its own for each round, drawn from once for each machine: no choice changes anyone's luck.
        rng = room.rng("pull %d" % number)
        news = [(arm, pay(chances, arm, rng)) for chances, arm in zip(machines, arms)]
        total += sum(reward for _, reward in news)
    return total / (MACHINES * PULLS), {"machines": MACHINES}


run(judge)

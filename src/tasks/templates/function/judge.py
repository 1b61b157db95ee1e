"""Scores an estimator: the mean distance of its answers from the true centres of unseen samples."""
from hidden.samples import draw
from nightshift_judge import mean_absolute_error, number_between, run

SAMPLES = 2000


def judge(room):
    rng = room.rng("samples")
    samples = [draw(rng) for _ in range(SAMPLES)]
    answers = room.call_each("estimate", [numbers for _, numbers in samples])
    answers = [number_between(answer, -1e6, 1e6, "an estimate") for answer in answers]
    return mean_absolute_error([centre for centre, _ in samples], answers), {"samples": SAMPLES}


run(judge)

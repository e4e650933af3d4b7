"""Bands by identity hold a known truth about as often as they say; binomial ones, which take pairs for independent, do
not."""

from __future__ import annotations

import numpy as np

from tools.simulate_verification import QUANTITIES, drawn, true_values, values_of

SETS = 25
PEOPLE = 30
FEWEST = 0.8
"""Of 25 bands at 95 %, fewer than 20 hold the truth in 1 of 800 simulations."""


def test_bands_by_identity_cover_and_binomial_ones_do_not() -> None:
    truth = true_values()
    held, banded, binomial = dict.fromkeys(QUANTITIES, 0), dict.fromkeys(QUANTITIES, 0), 0
    rate = "FNMR at FMR 0.01"
    for number in range(SETS):
        of, scores = drawn(np.random.default_rng([8, number]), PEOPLE)
        found = values_of(of, scores, resamples=50)
        for name, (_, lo, hi) in found.items():
            held[name] += lo <= truth[name] <= hi
            banded[name] += lo <= hi
        value = found[rate][0]
        reach = 1.96 * np.sqrt(value * (1 - value) / of.genuine.sum())
        binomial += abs(value - truth[rate]) <= reach
    assert min(banded.values()) > SETS / 2
    assert min(held[name] / banded[name] for name in QUANTITIES) >= FEWEST, (held, banded)
    assert binomial < FEWEST * SETS

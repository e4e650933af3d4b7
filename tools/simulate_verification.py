"""Do bands by identity hold the truth? `python -m tools.simulate_verification docs/pictures/edc-coverage.svg`.

Data sets of faces are drawn from a model whose true FNMR and areas are known (from one data set of many people), each
is evaluated, and counted is how often its 95 % band holds the truth. Prints a table and draws it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from harness.stats.clusters import Floats
from harness.verification.comparisons import Comparisons
from harness.verification.evaluation import Protocol, evaluate

__all__ = ["QUANTITIES", "coverage", "drawn", "main", "true_values", "values_of"]

TAKES = 4
IMPOSTORS = 25
"""Of each picture."""
QUANTITIES: Mapping[str, tuple[str, str]] = {
    "FNMR at FMR 0.01": ("fmr0.01-fixed", "fnmr"),
    "relative area to 0.3, fixed at FNMR 0.05": ("start0.05-fixed", "relative_0.3"),
    "AOC, re-estimated for FMR 0.01": ("fmr0.01-re-estimated", "aoc"),
}
MANY = 4_000


def drawn(rng: np.random.Generator, people: int) -> tuple[Comparisons, Floats]:
    """Faces of so many people with their scores: some are hard to tell whatever the picture, some look like others."""
    identity = np.repeat(np.arange(people), TAKES)
    quality = rng.uniform(size=len(identity))
    hard, common = rng.normal(0, 0.1, people), rng.normal(0, 0.06, people)
    rows, columns = np.triu_indices(TAKES, 1)
    first = (np.arange(people)[:, None] * TAKES + rows).ravel()
    second = (np.arange(people)[:, None] * TAKES + columns).ravel()
    a = np.repeat(np.arange(len(identity)), IMPOSTORS)
    b = rng.integers(0, len(identity), len(a))
    apart = identity[a] != identity[b]
    a, b = a[apart], b[apart]
    worse = np.minimum(quality[first], quality[second])
    same = 0.55 + 0.3 * worse + hard[identity[first]] + rng.normal(0, 0.08, len(first))
    other = 0.1 + common[identity[a]] + common[identity[b]] + rng.normal(0, 0.12, len(a))
    genuine = np.repeat([True, False], [len(first), len(a)])
    of = Comparisons(
        np.concatenate([first, a]), np.concatenate([second, b]), np.concatenate([same, other]), genuine, identity
    )
    return of, quality + rng.normal(0, 0.15, len(quality))


def values_of(of: Comparisons, scores: Floats, resamples: int) -> dict[str, tuple[float, float, float]]:
    """Value and band of each of `QUANTITIES`."""
    protocol = Protocol(fmrs=(0.01,), starting_errors=(0.05,), resamples=resamples)
    points = evaluate(of, scores, protocol).points
    found = {name: points[point].values[key] for name, (point, key) in QUANTITIES.items()}
    return {name: (value.value, value.lo, value.hi) for name, value in found.items()}


def true_values() -> dict[str, float]:
    """Of the model, from `MANY` people: 24,000 genuine pairs."""
    return {name: value for name, (value, _, _) in values_of(*drawn(np.random.default_rng(1), MANY), 0).items()}


def coverage(people: int, sets: int, resamples: int, truth: Mapping[str, float], seed: int = 0) -> dict[str, float]:
    """Share of data sets with a band whose band holds the truth; NaN where fewer than half have one."""
    held, banded = dict.fromkeys(QUANTITIES, 0), dict.fromkeys(QUANTITIES, 0)
    for number in range(sets):
        found = values_of(*drawn(np.random.default_rng([seed, people, number]), people), resamples)
        for name, (_, lo, hi) in found.items():
            held[name] += lo <= truth[name] <= hi
            banded[name] += lo <= hi
    return {name: held[name] / of if 2 * of >= sets else math.nan for name, of in banded.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, print and draw."""
    parser = argparse.ArgumentParser(prog="python -m tools.simulate_verification", description=__doc__)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--resamples", type=int, default=60)
    parser.add_argument("--people", type=int, nargs="+", default=[20, 40, 80])
    options = parser.parse_args(arguments)
    truth = true_values()
    table = {}
    for people in options.people:
        table[people] = coverage(people, options.sets, options.resamples, truth)
        print(people, *(f"{name}: {share:.3f}" for name, share in table[people].items()), sep="; ", flush=True)
    options.picture.write_text(_svg(table, options.sets), encoding="utf-8")


def _svg(table: Mapping[int, Mapping[str, float]], sets: int) -> str:
    """Coverage by people: x evenly by size, y from 0.8 to 1."""
    width, height, left, top, low = 640, 330, 60, 20, 0.8
    places = {people: left + 50 + 100 * number for number, people in enumerate(table)}

    def y(share: float) -> float:
        return round(top + (1 - max(share, low)) / (1 - low) * 240, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12" fill="#444"><rect width="100%" height="100%" fill="#fff"/>'
    ]
    for share in (0.8, 0.85, 0.9, 0.95, 1.0):
        dashes = "" if share == 0.95 else ' stroke-dasharray="2 4"'
        parts.append(f'<path d="M{left} {y(share)}H{width - 150}" stroke="#999"{dashes}/>')
        parts.append(f'<text x="{left - 8}" y="{y(share) + 4}" text-anchor="end">{share:.0%}</text>')
    for people, x in places.items():
        parts.append(f'<text x="{x}" y="{top + 260}" text-anchor="middle">{people}</text>')
    parts.append(f'<text x="{left + 180}" y="{top + 282}" text-anchor="middle">people in the data set</text>')
    for number, (name, colour) in enumerate(zip(QUANTITIES, ("#2b6cb0", "#c05621", "#2f855a"), strict=True)):
        told = [(x, y(table[p][name])) for p, x in places.items() if math.isfinite(table[p][name])]
        points = " ".join(f"{x},{height}" for x, height in told)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x}" cy="{height}" r="3.5" fill="{colour}"/>' for x, height in told]
        parts.append(f'<text x="{left + 90}" y="{top + 190 + 17 * number}" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{left}" y="{top - 6}">share of {sets} data sets whose 95 % band holds the truth</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    main()

"""One quality method on one list of pairs: every number that the field reports, with bands by identity."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from harness.stats.clusters import Floats, Ints, resampled_weights
from harness.stats.curves import Curve
from harness.stats.model import FEWEST_CLUSTERS, Interval
from harness.verification.comparisons import Comparisons, Ordering, Policy, Ranked, Refused
from harness.verification.discard import (
    Errors,
    Threshold,
    aoc,
    area,
    at,
    fixed_errors,
    published_shares,
    re_estimated_errors,
    relative_area,
    theoretical_best,
)
from harness.verification.thresholds import enough_impostors, starting_at, within_fmr

__all__ = ["NOUN", "Evaluation", "Point", "Protocol", "evaluate"]

RESAMPLES = 200
"""ours: an end of an interval then rests on five resamples, and 6,000 pairs take a few seconds."""

LIMITS = (0.2, 0.3, 0.95)


@dataclass(frozen=True)
class Protocol:
    """How errors are counted; every part of it changes the numbers, so all of it is stated with them.

    Attributes:
        fmrs: false match rates, each with a fixed and a re-estimated threshold.
        starting_errors: FNMR before a discard, each with a fixed threshold.
        policy, refused: what is discarded (`harness.verification.comparisons`).
        resamples: of identities. `seed`: of them.
    """

    fmrs: tuple[float, ...] = (1e-2, 1e-3, 1e-4)
    starting_errors: tuple[float, ...] = (0.01, 0.05)
    policy: Policy = "pairs"
    refused: Refused = "lowest"
    resamples: int = RESAMPLES
    seed: int = 0


@dataclass(frozen=True)
class Point:
    """One operating point of a recogniser.

    Attributes:
        name: `fmr0.001-fixed`, `fmr0.001-re-estimated`, `start0.05-fixed`.
        values: by name: `fnmr` (nothing discarded), `fnmr_1%` and `fnmr_5%` (NIST's leaderboard), `area_L` and
            `relative_L` up to L = 0.2, 0.3, 0.95, `above_best_L` (`area_L` less `theoretical_best`; fixed thresholds
            only), `aoc`. NaN where undefined.
        curve: FNMR over the share discarded, 0 to 0.95; with `best` where the threshold is fixed: max(0, FNMR(0) - r).
        replicates: of each value, over resampled identities; the same resamples for whatever scores.
    """

    name: str
    values: Mapping[str, Interval]
    curve: Curve
    replicates: Mapping[str, Floats]


@dataclass(frozen=True)
class Evaluation:
    """All points; how many images a method refused and pairs went with them; what to beware of, in sentences."""

    points: Mapping[str, Point]
    refused: int
    excluded_pairs: int
    cautions: tuple[str, ...]


Errand = Callable[[Ranked], Errors]


def evaluate(of: Comparisons, scores: Floats, protocol: Protocol = Protocol()) -> Evaluation:
    """Errors against discards at every point of a protocol.

    Bands are 2.5 and 97.5 percentiles over resampled identities (`Comparisons.repeated`); thresholds are set anew on
    each resample, so that their uncertainty counts; one that drew no genuine or no impostor pair tells nothing and is
    left out. Below `FEWEST_CLUSTERS` identities there are none.

    Args:
        scores: of the images [M], higher is better; NaN where the method refused.

    Raises ValueError for what `Ordering` refuses, and without genuine pairs. Without impostors there are no points at
    false match rates, and a caution says so.
    """
    ordering = Ordering(of, scores, policy=protocol.policy, refused=protocol.refused)
    whole = ordering.ranked()
    if not whole.genuine.any():
        raise ValueError("no genuine pair is left, so no FNMR")
    errands = _errands(protocol, impostors=not whole.genuine.all())
    drawn = {name: [_numbers(errand(whole))] for name, errand in errands.items()}
    for times in _resampled(of.identity, protocol):
        again = ordering.ranked(times)
        if not again.genuine.any() or (again.genuine.all() and not whole.genuine.all()):
            continue
        for name, errand in errands.items():
            drawn[name].append(_numbers(errand(again)))
    people = len(np.unique(of.identity))
    points = {name: _point(name, rows, len(whole.genuine), people, protocol.policy) for name, rows in drawn.items()}
    return Evaluation(points, whole.refused, whole.excluded, tuple(_cautions(whole, protocol)))


def _errands(protocol: Protocol, *, impostors: bool) -> dict[str, Errand]:
    """How each point's curve comes from ranked pairs."""
    found: dict[str, Errand] = {}
    for error in protocol.starting_errors:
        found[f"start{error:g}-fixed"] = partial(_fixed, rule=partial(_starting, error=error))
    for fmr in protocol.fmrs if impostors else ():
        rule = partial(_within, fmr=fmr)
        found[f"fmr{fmr:g}-fixed"] = partial(_fixed, rule=rule)
        found[f"fmr{fmr:g}-re-estimated"] = partial(re_estimated_errors, threshold=rule)
    return found


def _starting(genuine: Floats, impostors: Floats, *, error: float) -> float:
    return starting_at(genuine, error)


def _within(genuine: Floats, impostors: Floats, *, fmr: float) -> float:
    return within_fmr(impostors, fmr)


def _fixed(of: Ranked, *, rule: Threshold) -> Errors:
    return fixed_errors(of, rule(of.matches, of.impostors))


def _resampled(identity: Ints, protocol: Protocol) -> list[Ints]:
    """How often each identity code counts, once a resample."""
    codes = np.unique(identity)
    if len(codes) < FEWEST_CLUSTERS or not protocol.resamples:
        return []
    weights = np.concatenate(list(resampled_weights(len(codes), protocol.resamples, protocol.seed)))
    times = np.zeros((len(weights), int(codes.max()) + 1), np.int64)
    times[:, codes] = weights.astype(np.int64)
    return list(times)


def _numbers(of: Errors) -> tuple[dict[str, float], Floats]:
    """Every value of a curve by name, and its errors at the published shares."""
    start = float(of.error[0])
    values = {"fnmr": start, "fnmr_1%": at(of, 0.01), "fnmr_5%": at(of, 0.05), "aoc": aoc(of)}
    for limit in LIMITS:
        whole = area(of, limit)
        values |= {f"area_{limit:g}": whole, f"relative_{limit:g}": relative_area(of, limit)}
        if of.step:
            values[f"above_best_{limit:g}"] = whole - theoretical_best(start, limit)
    return values, np.array([at(of, min(share, 0.95)) for share in published_shares()])


def _point(name: str, rows: list[tuple[dict[str, float], Floats]], pairs: int, people: int, policy: Policy) -> Point:
    """The first row is of all pairs, the others of resamples."""
    replicates = {key: np.array([row[key] for row, _ in rows[1:]]) for key in rows[0][0]}
    values = {key: Interval(value, *_ends(replicates[key]), pairs, people) for key, value in rows[0][0].items()}
    bands = np.array([errors for _, errors in rows[1:]]).reshape(len(rows) - 1, len(rows[0][1]))
    lo, hi = zip(*[_ends(column) for column in bands.T], strict=True)
    shares = published_shares()
    label, y = f"share of {NOUN[policy]} discarded", tuple(rows[0][1].tolist())
    best = tuple(max(0.0, y[0] - share) for share in shares) if name.endswith("-fixed") else ()
    return Point(name, values, Curve(shares, y, lo, hi, label, f"FNMR, {_rule(name)}", best=best), replicates)


def _rule(name: str) -> str:
    """Of `fmr0.001-fixed` in words."""
    start, _, rule = name.partition("-")
    if start.startswith("start"):
        return f"threshold fixed at FNMR {start.removeprefix('start')}"
    return f"threshold {'fixed at' if rule == 'fixed' else 're-estimated for'} FMR {start.removeprefix('fmr')}"


NOUN = {"pairs": "pairs", "genuine": "genuine pairs", "images": "images"}


def _ends(values: Floats) -> tuple[float, float]:
    """The 2.5 and 97.5 percentiles of what is defined; NaN where more than a twentieth is not (ours)."""
    defined = values[np.isfinite(values)]
    if not len(values) or len(defined) < 0.95 * len(values):
        return math.nan, math.nan
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)


def _cautions(of: Ranked, protocol: Protocol) -> list[str]:
    """What a reader must know before these numbers are believed."""
    impostors = int((~of.genuine).sum())
    if not impostors:
        return ["no impostor pairs: only starting errors, no false match rates"]
    found = []
    for fmr in protocol.fmrs:
        told = f"FMR {fmr:g} asks for {round(10 / fmr):,} impostor pairs (10 / FMR)"
        if not enough_impostors(impostors, fmr):
            found.append(f"{told}; there are {impostors:,}")
            continue
        left = {share: int((~of.genuine[of.kept_from(share) :]).sum()) for share in published_shares()}
        short = [share for share, count in left.items() if not enough_impostors(count, fmr)]
        if short:
            found.append(f"{told}; re-estimated from {short[0]:.0%} discarded on, it rests on fewer")
    if of.refused:
        done = "are discarded first" if protocol.refused == "lowest" else f"took {of.excluded:,} pairs with them"
        found.append(f"{of.refused:,} images without a score {done}")
    return found

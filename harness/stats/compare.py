"""B judged against A: paired by sample, resampled by cluster, Holm over every pair and task of one comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.stats.clusters import Floats, cluster_sums
from harness.stats.contests import Contest, Effect, Loss, Side
from harness.stats.intervals import RESAMPLES, mean_intervals
from harness.stats.model import Interval
from harness.stats.paired import noninferiority_test
from harness.stats.pairs import Difference, detectable_of, judge, margin_of, paired_differences
from harness.stats.table import TaskTable, task_table

__all__ = ["PairedScores", "Pairing", "Party", "contests", "paired_scores"]

SIDES = ("a", "b")
COSTS = {"seconds": ("s", 3), "peak_mb": ("MB", 0)}


@dataclass(frozen=True)
class Party:
    """An entry in its run on one task.

    Attributes:
        run: the run's folder. `entry`: as the manifest describes it.
        records: its rows of the task. `samples`: ids that its run was asked for.
    """

    run: str
    entry: Mapping[str, Any]
    records: pd.DataFrame
    samples: Sequence[str]


@dataclass(frozen=True)
class Pairing:
    """Two parties on a task that both runs have alike.

    Attributes:
        task: as the manifest describes it.
        metrics: further columns to compare, all of them per sample.
        costs: whether seconds and memory can be compared.
    """

    task: Mapping[str, Any]
    a: Party
    b: Party
    metrics: Sequence[str] = ()
    costs: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PairedScores:
    """What a contest's primary effect is the mean of: samples on which both have a score, by id.

    Attributes:
        samples, clusters: ids and clusters [N]. `a`, `b`: scores [N], means over repeats.
    """

    samples: NDArray[Any]
    clusters: NDArray[Any]
    a: Floats
    b: Floats


@dataclass(frozen=True)
class _Measured:
    """A contest before the family is known; `difference` is None where the two have no sample in common."""

    contest: Contest
    differences: Floats
    labels: Any
    difference: Difference | None


def contests(
    pairings: Sequence[Pairing], *, margin: float | None = None, worst: int = 3, seed: int = 0, limit: bool = False
) -> tuple[Contest, ...]:
    """Compare every pairing; their primary metrics are one family.

    Args:
        margin: of equivalence and non-inferiority, in the unit of the primary metric; by default equivalence uses the
            agreed margin of the metric and non-inferiority is not tested.
        worst: at most so many samples on which B loses.
        limit: take the limits for many clusters in place of permutations and resamples: a thousandth of the time.

    Neither the order of records nor the names of clusters matter; exchanging A and B turns every sign.
    """
    measured = [_measure(pairing, margin, worst, seed, limit) for pairing in pairings]
    family = [one for one in measured if one.difference is not None]
    judged = judge(
        [one.difference for one in family if one.difference],
        [bool(one.contest.primary.higher_is_better) for one in family],
    )
    verdicts = iter(judged)
    found = []
    for one in measured:
        if one.difference is None:
            found.append(one.contest)
            continue
        verdict = next(verdicts)
        detectable = detectable_of(one.differences, one.labels, family=len(family))
        found.append(replace(one.contest, p_holm=verdict.p, verdict=verdict.verdict, detectable=detectable))
    return tuple(found)


def _measure(pairing: Pairing, margin: float | None, worst: int, seed: int, limit: bool) -> _Measured:
    task, column = pairing.task, pairing.task["primary"]
    info = task["metrics_info"][column]
    everything = [*dict.fromkeys([*pairing.a.samples, *pairing.b.samples])]
    table = _table(pairing, len(everything))
    columns = [column, *pairing.metrics]
    resamples = 0 if limit else RESAMPLES
    effects = _effects(table, columns, task["metrics_info"], resamples, seed)
    scores = table.scores(column)
    rows = np.isfinite(scores).all(axis=1)
    labels = table.labels[rows]
    differences: Floats = (scores[rows, 1] - scores[rows, 0])[:, None]
    contest = Contest(
        task=task["id"],
        title=task["title"],
        a=_side(pairing.a, table, 0, column),
        b=_side(pairing.b, table, 1, column),
        n_total=len(everything),
        primary=effects.get(column) or _nothing(column, info),
        wins=0,
        ties=0,
        losses=0,
        p=1.0,
        p_holm=1.0,
        margin=margin_of(column) if margin is None else margin,
        p_noninferior=None if margin is None else 1.0,
        detectable=None,
        verdict="not separable",
        others=tuple(effects[metric] for metric in pairing.metrics if metric in effects),
        costs=_costs(table, resamples, seed) if pairing.costs else (),
        worst=(),
        notes=pairing.notes,
    )
    if not rows.any():
        return _Measured(contest, differences, labels, None)
    [difference] = paired_differences(differences, labels, margin=contest.margin, seed=seed, limit=limit)
    gains = differences if info["higher_is_better"] else -differences
    if margin is not None:
        [p] = noninferiority_test(gains, labels, margin=margin, seed=seed)
        contest = replace(contest, p_noninferior=float(p))
    wins, ties, losses = _outcomes(gains, labels)
    lost = _losses(table.samples[rows], scores[rows], gains[:, 0], worst)
    contest = replace(contest, p=difference.p, wins=wins, ties=ties, losses=losses, worst=lost)
    return _Measured(contest, differences, labels, difference)


def paired_scores(pairing: Pairing) -> PairedScores:
    """The samples that both parties have a score of the primary metric on."""
    table = _table(pairing, len({*pairing.a.samples, *pairing.b.samples}))
    scores = table.scores(pairing.task["primary"])
    rows = np.isfinite(scores).all(axis=1)
    return PairedScores(table.samples[rows], table.labels[rows], scores[rows, 0], scores[rows, 1])


def _table(pairing: Pairing, n_total: int) -> TaskTable:
    """Both parties' records as one table of two columns, rows by sample id."""
    parties = zip(SIDES, (pairing.a, pairing.b), strict=True)
    frames = [party.records.assign(entry=name) for name, party in parties if len(party.records)]
    columns = ["entry", "task", "sample", "cluster", "ratio", "repeat", "status"]
    records = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    table = task_table(records, pairing.task["id"], SIDES, n_total=n_total, reasons={})
    # In a leaderboard an incomplete entry must not decide what the others are judged on; here there are no others.
    return replace(table, left_out={})


def _side(party: Party, table: TaskTable, column: int, primary: str) -> Side:
    counts = table.counts(SIDES[column], np.ones(len(table.labels), dtype=bool))
    ok, scored = table.severity == 0, np.isfinite(table.own_values(f"score:{primary}"))
    # A score that became undefined is lost like a result: else what B cannot be judged on would let it pass.
    lost = np.any([has[:, 1 - column] & ~has[:, column] for has in (ok, scored)], axis=0)
    only_other = set(table.samples[lost])
    weights = party.entry["weights"]
    return Side(
        run=party.run,
        entry=party.entry["reference"],
        title=party.entry["title"],
        weights=weights["kind"] if weights else "",
        ok=counts.ok,
        failed=counts.failed,
        skipped=counts.skipped,
        total=len(party.samples),
        lost=len(only_other.intersection(party.samples)),
        undefined=int((ok & ~scored)[:, column].sum()),
    )


def _nothing(column: str, info: Mapping[str, Any]) -> Effect:
    """A column without a sample in common."""
    nan = float("nan")
    empty = Interval(nan, nan, nan, 0, 0)
    return Effect(column, info.get("unit", ""), info["digits"], info["higher_is_better"], nan, nan, empty)


def _effects(
    table: TaskTable, columns: Sequence[str], infos: Mapping[str, Any], resamples: int, seed: int
) -> dict[str, Effect]:
    """Effects by column; one without a sample on which both are defined is left out.

    Columns that are defined on the same samples meet the same resamples, drawn once.
    """
    values = {column: _scores(table, column, infos[column]) for column in columns}
    rows = {column: np.isfinite(scores).all(axis=1) for column, scores in values.items()}
    alike: dict[bytes, list[str]] = {}
    for column, chosen in rows.items():
        if chosen.any():
            alike.setdefault(chosen.tobytes(), []).append(column)
    found = {}
    for group in alike.values():
        chosen = rows[group[0]]
        scores = np.stack([values[column][chosen] for column in group])
        shifts = (scores[:, :, 1] - scores[:, :, 0]).T
        intervals = mean_intervals(shifts, table.labels[chosen], resamples=resamples, seed=seed)
        for column, means, interval in zip(group, scores.mean(axis=1), intervals, strict=True):
            info = infos[column]
            unit, digits, up = info.get("unit", ""), info["digits"], info["higher_is_better"]
            found[column] = _effect(column, unit, digits, up, means, interval, _is_ratio(info))
    return found


def _is_ratio(info: Mapping[str, Any]) -> bool:
    return bool(info.get("mean") == "geometric")


def _scores(table: TaskTable, column: str, info: Mapping[str, Any]) -> Floats:
    scores = table.scores(column)
    return _logarithms(scores) if _is_ratio(info) else scores


def _logarithms(values: Floats) -> Floats:
    """Logarithms, NaN where there is none."""
    return np.log(values, where=values > 0, out=np.full_like(values, np.nan))


def _effect(
    column: str, unit: str, digits: int, up: bool | None, means: Floats, interval: Interval, ratio: bool
) -> Effect:
    """From means of scores, or of logarithms where `ratio`."""
    if ratio:
        means, interval = np.exp(means), interval.exponential()
    return Effect(column, unit, digits, up, float(means[0]), float(means[1]), interval, ratio)


def _costs(table: TaskTable, resamples: int, seed: int) -> tuple[Effect, ...]:
    """Geometric mean ratios B / A of seconds and of peak memory a sample, where both are known."""
    found = []
    for column, (unit, digits) in COSTS.items():
        values = _logarithms(table.values(column))
        rows = np.isfinite(values).all(axis=1)
        if rows.any():
            shift = (values[rows, 1] - values[rows, 0])[:, None]
            [interval] = mean_intervals(shift, table.labels[rows], resamples=resamples, seed=seed)
            found.append(_effect(column, unit, digits, False, values[rows].mean(axis=0), interval, ratio=True))
    return tuple(found)


def _outcomes(gains: Floats, labels: Any) -> tuple[int, int, int]:
    """Clusters on which the sum of gains [N, 1] is above, at, below zero."""
    totals = cluster_sums(gains, labels).sums[:, 0]
    # What cancels exactly must count as a tie however it was added up.
    slack = 1e-12 * cluster_sums(np.abs(gains), labels).sums[:, 0]
    wins, losses = int((totals > slack).sum()), int((totals < -slack).sum())
    return wins, len(totals) - wins - losses, losses


def _losses(samples: Any, scores: Floats, gains: Floats, most: int) -> tuple[Loss, ...]:
    order = np.argsort(gains, kind="stable")[:most]
    return tuple(Loss(str(samples[k]), float(scores[k, 0]), float(scores[k, 1])) for k in order if gains[k] < 0)

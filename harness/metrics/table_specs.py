"""Metrics about assessors, one number a table, as data. Imports no torch."""

from __future__ import annotations

from harness.specs import MetricSpec

__all__ = ["table_metric_specs"]

OURS = "Apache-2.0"


def _correlation(name: str, target: str, summary: str, *, digits: int = 3, equals: str = "") -> MetricSpec:
    return MetricSpec(
        name=name,
        target=f"harness.metrics.correlation:{target}",
        version="1",
        kind="table",
        higher_is_better=True,
        summary=summary,
        licence=OURS,
        uses=frozenset({"output"}),
        colour="none: it reads scores",
        range="scores, higher is better",
        reduction="over pictures; resampled by cluster",
        bounds=(-1, 1),
        digits=digits,
        equals=equals,
    )


def table_metric_specs() -> tuple[MetricSpec, ...]:
    """Correlations with opinions, and order along ladders of one distortion."""
    return (
        _correlation("srcc", "Srcc", "Spearman's rank correlation of scores with opinions (MOS)",
                     equals="scipy.stats.spearmanr; tested: at most 1e-12 off"),
        _correlation("krcc", "Krcc", "Kendall's tau-b of scores with opinions (MOS)",
                     equals="scipy.stats.kendalltau, called"),
        _correlation("plcc", "Plcc", "Pearson's correlation of raw scores with opinions (MOS), nothing fitted",
                     equals="scipy.stats.pearsonr, called"),
        _correlation("plcc_logistic", "PlccLogistic",
                     "Pearson's correlation with opinions (MOS) after VQEG's four-parameter logistic"),
        _correlation("ladder_srcc", "LadderSrcc",
                     "Spearman's correlation of scores with minus a distortion's strength, mean over ladders"),
        _correlation("ladder_monotone", "LadderMonotone",
                     "share of neighbouring steps of a ladder of which the stronger one scores lower"),
    )  # fmt: skip

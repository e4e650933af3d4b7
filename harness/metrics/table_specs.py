"""Metrics about assessors, one number a table, as data: order of scores, marks found by maps. Imports no torch."""

from __future__ import annotations

from dataclasses import replace

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


def _found(name: str, target: str, summary: str, *, equals: str = "", each: bool = False) -> MetricSpec:
    return MetricSpec(
        name=name,
        target=f"harness.metrics.localisation:{target}",
        version="1",
        kind="table",
        higher_is_better=name != "clean_area",
        summary=summary,
        licence=OURS,
        uses=frozenset({"output", "labels"}),
        colour="none: it reads maps and labels",
        range="maps in [0, 1], as 256 levels; found: level 128 (0.5) and above; marked: a label that is not 0",
        reduction="a picture's pixels, then mean over pictures" if each else "pixels added over all pictures",
        bounds=(0, 1),
        equals=equals,
    )


def _localisation() -> tuple[MetricSpec, ...]:
    torchmetrics = "torchmetrics' JaccardIndex of {}; tested: at most 1e-6 off"
    sklearn = "scikit-learn's, of the 8-bit maps; tested: at most 1e-12 off"
    return (
        _found("artifact_iou", "ArtifactIou", "IoU of found and marked pixels, pooled; finding nothing gives 0",
               equals=torchmetrics.format("class 1")),
        _found("artifact_miou", "ArtifactMiou",
               "mean IoU of artifact and background, pooled: finding nothing gives about 0.5",
               equals=torchmetrics.format("both classes, as mmsegmentation's mIoU")),
        _found("artifact_image_iou", "ArtifactImageIou",
               "ours: IoU of each picture with marked pixels, averaged over these", each=True),
        _found("artifact_f1", "ArtifactF1", "F1 of found and marked pixels, pooled", equals=sklearn),
        _found("artifact_precision", "ArtifactPrecision", "share of the found pixels that are marked, pooled",
               equals=sklearn),
        _found("artifact_recall", "ArtifactRecall", "share of the marked pixels that are found, pooled",
               equals=sklearn),
        _found("artifact_auroc", "ArtifactAuroc",
               "probability that a marked pixel stands above an unmarked one in the map, pooled", equals=sklearn),
        _found("artifact_ap", "ArtifactAp", "average precision of the map over all thresholds, pooled", equals=sklearn),
        _found("clean_area", "CleanArea",
               "ours: share of pixels found in pictures where nothing is marked: false alarms", each=True),
        replace(
            _correlation("fault_auroc", "", "probability that a faulty picture scores below a right but different one",
                         equals="scikit-learn's roc_auc_score; tested: at most 1e-12 off"),
            target="harness.metrics.separation:FaultAuroc",
            bounds=(0, 1),
        ),
    )  # fmt: skip


def table_metric_specs() -> tuple[MetricSpec, ...]:
    """Correlations with opinions, order along ladders of one distortion, and how well maps find what is marked."""
    return (
        _correlation("srcc", "Srcc", "Spearman's rank correlation of scores with opinions (MOS)",
                     equals="scipy.stats.spearmanr; tested: at most 1e-12 off"),
        _correlation("krcc", "Krcc", "Kendall's tau-b of scores with opinions (MOS)",
                     equals="scipy.stats.kendalltau, called"),
        _correlation("plcc", "Plcc", "Pearson's correlation of raw scores with opinions (MOS), nothing fitted",
                     equals="scipy.stats.pearsonr; tested: at most 1e-12 off"),
        _correlation("plcc_logistic", "PlccLogistic",
                     "Pearson's correlation with opinions (MOS) after VQEG's four-parameter logistic",
                     equals="pyiqa's calculate_plcc(fit_scale='logistic_4params'); tested: at most 1e-3 off"),
        _correlation("ladder_srcc", "LadderSrcc",
                     "ours: Spearman's correlation of scores with minus a distortion's strength, mean over ladders"),
        _correlation("ladder_monotone", "LadderMonotone",
                     "ours: share of neighbouring steps of a ladder of which the stronger one scores lower"),
        *_localisation(),
    )  # fmt: skip

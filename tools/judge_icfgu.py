"""Judge trained ICF-GU weights: is the confidence one, does iterating help, does guided upsampling help?

    python -m tools.judge_icfgu WEIGHTS [--control WEIGHTS] [--photos 30] [--large 8] [--masks 2]

WEIGHTS is what `harness train icfgu` exports, --control what its recipe `no-regulariser` does. Confidence is judged
on the shipped photographs at 256 px: its mean in the hole, Spearman's correlation with minus the error of each hole
pixel, and how much of the hole is trusted after each round. Iteration (against one pass) and guided upsampling (against
bicubic) are judged on `photos-2048[view=square-1024]`, eight photographs whose 1024 px are the means of 2 × 2 pixels
of their own, by differences in the hole: feature distance, GMSD, and PSNR beside them. Every interval is by
photograph. Exit code 1 if a bar of the confidence is missed; the comparisons are findings and have none.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from harness.datasets.photos import Photos, Photos2048
from harness.interfaces import Batch, Images, LoadedWeights, MetricBatch, Sample, Setup
from harness.masks.lama import LamaThick256
from harness.masks.objects import ObjectHoles
from harness.metrics.feature_distance import FeatureDistance
from harness.metrics.gmsd import Gmsd
from harness.metrics.psnr import Psnr
from harness.stats.intervals import mean_intervals
from harness.stats.model import Interval
from harness_icfgu.feedback import THRESHOLD
from harness_icfgu.method import IcfguInpainter

__all__ = ["Judged", "compare", "confidence_of", "main", "verdict"]

LEAST_CORRELATION, LARGEST_CONTROL = 0.3, 0.05
ROUNDS = 4
METRICS = {"feat_efl0": FeatureDistance, "gmsd": Gmsd, "psnr": Psnr}
HIGHER_IS_BETTER = frozenset({"psnr"})
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """One filled hole: cluster of its photograph, mean confidence, correlation, share trusted after each round."""

    cluster: str
    confidence: float
    correlation: float
    trusted: tuple[float, ...]


def _batches(dataset: Photos, photographs: int, masks: int) -> Iterator[tuple[Sample, Batch]]:
    """Photographs with blanked holes: strokes or boxes, and objects, in turn; the batch's image keeps the truth."""
    kinds = LamaThick256(count=masks), ObjectHoles(count=masks)
    for id in list(dataset.ids())[:photographs]:
        sample = dataset.load(id)
        image = torch.from_numpy(sample.image).permute(2, 0, 1)[None].float() / 255
        for k in range(masks):
            hole = torch.from_numpy(kinds[k % 2].draw(sample, k))[None, None].float()
            yield sample, Batch((id,), image=image, mask=hole)


def _method(weights: Path, **parameters: int | str) -> IcfguInpainter:
    # a parameter's type is the constructor's business: it says in one line what it does not take
    return IcfguInpainter(Setup(weights=LoadedWeights("judged", "mini", weights, "")), **parameters)  # type: ignore[arg-type]


def confidence_of(method: IcfguInpainter, once: IcfguInpainter, batch: Batch, cluster: str) -> Judged:
    """Judge one hole: ``once`` is the method with one round, whose fill and confidence belong together."""
    assert batch.image is not None
    assert batch.mask is not None
    first, hole = once.inpaint(batch), batch.mask > 0
    confidence = first.maps["confidence1"][hole].numpy()
    error = (first.image - batch.image).abs().mean(1, keepdim=True)[hole].numpy()
    varies = np.ptp(confidence) > 0 and np.ptp(error) > 0
    return Judged(
        cluster,
        float(confidence.mean()),
        float(spearmanr(confidence, -error).statistic) if varies else 0.0,
        tuple(_trusted(method.inpaint(batch), hole)),
    )


def _trusted(answer: Images, hole: torch.Tensor) -> Iterator[float]:
    left, whole = hole.clone(), float(hole.sum())
    for number in range(1, ROUNDS + 1):
        confidence = answer.maps.get(f"confidence{number}")
        if confidence is not None:  # a method of fewer rounds has none
            left &= ~(confidence > THRESHOLD)
        yield 1 - float(left.sum()) / whole


def _interval(values: Sequence[float], clusters: Sequence[str]) -> Interval:
    return mean_intervals(np.asarray(values)[:, None], np.asarray(clusters))[0]


def _shown(interval: Interval, digits: int = 3) -> str:
    return f"{interval.value:.{digits}f} [{interval.lo:.{digits}f}, {interval.hi:.{digits}f}]"


def verdict(metric: str, difference: Interval) -> str:
    """What an interval of differences says: better, worse, or not separable."""
    if difference.lo <= 0 <= difference.hi or np.isnan(difference.lo):
        return "not separable"
    return "better" if (difference.value > 0) == (metric in HIGHER_IS_BETTER) else "worse"


def _confidence(weights: Path, control: Path | None, photographs: int, masks: int) -> bool:
    """Print the confidence's rows; whether every bar that was judged is met."""
    method, once = _method(weights, rounds=ROUNDS), _method(weights, rounds=1)
    pairs = list(_batches(Photos(), photographs, masks))
    rows = [confidence_of(method, once, batch, sample.cluster) for sample, batch in pairs]
    clusters = [row.cluster for row in rows]
    correlation = _interval([row.correlation for row in rows], clusters)
    shares = np.asarray([row.trusted for row in rows]).mean(0)
    grows = bool((np.diff(shares) > 0).all())
    fine = correlation.value > LEAST_CORRELATION
    print(f"confidence at 256 px, {len(rows)} holes in {len(set(clusters))} photographs")
    print(f"  mean in the hole                {_shown(_interval([row.confidence for row in rows], clusters))}")
    print(f"  Spearman(confidence, -error)    {_shown(correlation)}   bar > {LEAST_CORRELATION}: {_met(fine)}")
    told = ", ".join(f"{share:.3f}" for share in shares)
    print(f"  trusted after rounds 1 to {ROUNDS}     {told}   bar, it grows: {_met(grows)}")
    if control is None:
        print("  without the regulariser         skipped: harness train icfgu --recipe no-regulariser, then --control")
        return fine and grows
    bare = _method(control, rounds=1)
    means = [confidence_of(bare, bare, batch, sample.cluster).confidence for sample, batch in pairs]
    vanishes = float(np.mean(means)) < LARGEST_CONTROL
    print(f"  without the regulariser, mean   {_shown(_interval(means, clusters))}   bar < .05: {_met(vanishes)}")
    return fine and grows and vanishes


def _met(bar: bool) -> str:
    return "met" if bar else "NOT met"


def compare(
    first: Callable[[Batch], Images], second: Callable[[Batch], Images], pairs: Sequence[tuple[Sample, Batch]]
) -> dict[str, tuple[Interval, Interval]]:
    """By metric in the hole: the mean of ``first``, and the mean of first minus second, each with its interval."""
    metrics = {name: metric(region="hole") for name, metric in METRICS.items()}
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in METRICS}
    for _sample, batch in pairs:
        assert batch.image is not None
        assert batch.mask is not None
        for name, metric in metrics.items():
            scores = []
            for fill in (first, second):
                output = (fill(batch).image * 255).round() / 255
                seen = MetricBatch(batch.ids, output, batch.image, batch.mask, region=batch.mask)
                scores.append(float(metric(seen)[name]))
            rows[name].append((scores[0], scores[0] - scores[1]))
    clusters = np.asarray([sample.cluster for sample, _ in pairs])
    return {name: tuple(mean_intervals(np.asarray(values), clusters)) for name, values in rows.items()}  # type: ignore[misc]


def _remembered(method: IcfguInpainter) -> Callable[[Batch], Images]:
    """The method, asked once a hole."""
    answers: dict[int, Images] = {}

    def fill(batch: Batch) -> Images:
        if id(batch) not in answers:
            answers[id(batch)] = method.inpaint(batch)
        return answers[id(batch)]

    return fill


def _comparisons(weights: Path, photographs: int, masks: int) -> None:
    pairs = list(_batches(Photos2048(view="square-1024"), photographs, masks))
    whole = _remembered(_method(weights, rounds=ROUNDS))
    others = {
        f"{ROUNDS} rounds against one pass": _remembered(_method(weights, rounds=1)),
        "guided against bicubic": _remembered(_method(weights, rounds=ROUNDS, upsample="bicubic")),
    }
    photos = len({sample.cluster for sample, _ in pairs})
    print(f"fills at native 1024 px, {len(pairs)} holes in {photos} photographs, first minus second, in the hole")
    for title, other in others.items():
        print(f"  {title}")
        for name, (mean, difference) in compare(whole, other, pairs).items():
            digits = 2 if name == "psnr" else 4
            words = f"{_shown(difference, digits)}   {verdict(name, difference)}"
            print(f"    {name:10} {_shown(mean, digits):28} difference {words}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the judgement that the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.judge_icfgu", description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, metavar="WEIGHTS")
    parser.add_argument("--control", type=Path, metavar="WEIGHTS", help="weights of the recipe no-regulariser")
    parser.add_argument("--photos", type=int, default=30, help="photographs at 256 px (30)")
    parser.add_argument("--large", type=int, default=8, help="photographs at 1024 px (8)")
    parser.add_argument("--masks", type=int, default=2, help="holes a photograph (2)")
    options = parser.parse_args(arguments)
    fine = _confidence(options.weights, options.control, options.photos, options.masks)
    _comparisons(options.weights, options.large, options.masks)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())

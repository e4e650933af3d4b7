"""What a run's fills say of PAR itself: its value at every threshold, and how far it hangs on the size of the hole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor

from harness.errors import HarnessError
from harness.plugins import registry
from harness.references import canonical, parse_reference
from harness.stats.clusters import cluster_codes, resampled_weights
from harness.stats.intervals import mean_intervals, percentile_ends
from harness.stats.model import Interval
from harness.store import RunFolder
from harness.weights import resolve_weights
from harness_par.finder import THRESHOLD, Finder
from harness_par.method import SWEEP, share

__all__ = ["NETWORKS", "ORIGINAL", "Studied", "spearman", "study"]

NETWORKS = ("par", "par-proxy")
ORIGINAL = "(original)"
"""Stands for an entry: the unfilled truth in the same holes, where nothing is an artifact."""
RESAMPLES = 500
"""ours: a standard error to 3 %."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Studied:
    """One entry's fills on one task.

    Attributes:
        sweep: by threshold, the mean over samples of the share of artifact pixels in the hole, with its interval by
            picture. A sample counts once, as the mean of its repeats.
        by_hole: Spearman's correlation, over samples, of that share at 0.5 with the hole's share of the picture.
    """

    entry: str
    task: str
    sweep: Mapping[float, Interval]
    by_hole: Interval


def study(run: RunFolder, network: str, *, device: str = "cpu", limit: int = 0) -> list[Studied]:
    """Look at every kept output of a run, and at the originals, with a network of `NETWORKS`.

    Args:
        run: its outputs must be kept (``harness run --keep all``).
        network: a reference, ``par@official`` or ``par-proxy@mini-b``.
        limit: samples of a task looked at, in their order; 0 for all.

    Raises:
        HarnessError: another method, random weights, an output that was not kept, no task with holes.
        MissingRequirement: the network's file is not here.
    """
    reference, spec = canonical(parse_reference(network), registry())
    if spec.name not in NETWORKS:
        raise HarnessError(f"{spec.name} finds no artifacts: the network is one of {', '.join(NETWORKS)}")
    weights = resolve_weights(spec, reference.weights)
    if weights is None or weights.kind == "random":
        raise HarnessError(f"{reference}: random weights say nothing of artifacts")
    find = Finder(weights, device, None)
    records, samples = run.records(), run.samples().set_index(["task", "sample"])
    found = []
    for task in run.manifest["suite"]["tasks"]:
        rows = records[(records["task"] == task["id"]) & (records["status"] == "ok")]
        names = list(dict.fromkeys(rows["sample"]))[: limit or None]
        shown = [name for name in names if samples.loc[(task["id"], name), "mask"]]
        rows = rows[rows["sample"].isin(shown)]
        if not rows.empty:
            found += _of_task(run, task["id"], rows, samples.loc[task["id"]], find, device)
    if not found:
        raise HarnessError(f"{run.path} has no filled hole: PAR is a share of one")
    return found


def _of_task(
    run: RunFolder, task: str, rows: pd.DataFrame, samples: pd.DataFrame, find: Finder, device: str
) -> Iterator[Studied]:
    """The originals, then every entry."""
    told = {name: samples.loc[name] for name in dict.fromkeys(rows["sample"])}
    originals = [(name, _shares(run, told[name], "", find, device)) for name in told]
    yield _studied(ORIGINAL, task, originals, told)
    for entry in dict.fromkeys(rows["entry"]):
        mine = rows[rows["entry"] == entry]
        pairs = zip(mine["sample"], mine["output_hash"], strict=True)
        yield _studied(entry, task, [(n, _shares(run, told[n], output, find, device)) for n, output in pairs], told)


def _shares(run: RunFolder, sample: pd.Series[str], output: str, find: Finder, device: str) -> list[float]:
    """Shares of artifact pixels in a sample's hole at the thresholds of `SWEEP`; of the truth without an ``output``."""
    truth, mask = _pixels(run, sample["truth"]), _pixels(run, sample["mask"]) > 127
    image = truth
    if output:
        image = _pixels(run, output)
        if not sample["shown"]:  # else the truth lies elsewhere, and the raw output is what is judged
            image = np.where(mask[..., None], image, truth)
    shown = torch.from_numpy(np.ascontiguousarray(image)).to(device).permute(2, 0, 1)[None].float() / 255
    hole = torch.from_numpy(mask).to(device)[None, None].float()
    probability: Tensor = find(shown)
    return [float(share(probability, hole, threshold)) for threshold in SWEEP]


def _pixels(run: RunFolder, name: str) -> NDArray[np.uint8]:
    pixels = run.artifacts.get(name)
    if pixels is None:
        raise HarnessError(f"{run.path}: an output was not kept; run with --keep all")
    return pixels


def _studied(
    entry: str, task: str, shares: Sequence[tuple[str, list[float]]], told: Mapping[str, pd.Series[str]]
) -> Studied:
    table = pd.DataFrame([values for _, values in shares], index=[name for name, _ in shares])
    means = table.groupby(level=0, sort=False).mean().dropna()  # an empty hole has no share
    clusters = [str(told[name]["cluster"]) for name in means.index]
    values = means.to_numpy(np.float64)
    nothing = Interval(float("nan"), float("nan"), float("nan"), 0, 0)
    sweep = dict(zip(SWEEP, mean_intervals(values, clusters) if len(values) else [nothing] * len(SWEEP), strict=True))
    holes = np.array([float(told[name]["ratio"]) for name in means.index])
    return Studied(entry, task, sweep, spearman(values[:, SWEEP.index(THRESHOLD)], holes, clusters))


def spearman(first: Floats, second: Floats, clusters: Sequence[str], *, seed: int = 0) -> Interval:
    """Spearman's rank correlation of vectors [n], mean ranks for ties, with a percentile interval by resampled cluster.

    NaN below three samples or where either is constant.

    Example:
        >>> found = spearman(np.arange(6.0), np.array([0.0, 1, 2, 3, 5, 4]), list("abcdef"))
        >>> round(found.value, 3)
        0.943
    """
    if not len(first):
        return Interval(float("nan"), float("nan"), float("nan"), 0, 0)
    codes = cluster_codes(clusters)
    count = int(codes.max()) + 1
    drawn = []
    for weights in resampled_weights(count, RESAMPLES, seed):
        for times in weights.astype(np.int64):
            again = np.repeat(np.arange(len(codes)), times[codes])
            drawn.append(_correlation(first[again], second[again]))
    ends = percentile_ends(np.array(drawn), count)
    return Interval(_correlation(first, second), *ends, len(first), count)


def _correlation(first: Floats, second: Floats) -> float:
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])

"""Pixel errors as papers' evaluation scripts compute them, under the papers' names: to compare with their tables."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from harness.interfaces import MetricBatch
from harness.metrics.psnr import decibels
from harness.metrics.regions import counted, known_only, whole_image_only

__all__ = ["L1AotGan", "L1CoordFill", "L1Scat", "MseBrushBench", "PsnrBrushBench", "PsnrGdpAll"]


class L1AotGan:
    """AOT-GAN's "mae": ``Σ|x - y| / Σ(x + y)`` over a picture, so the same error weighs more on a dark one.

    researchmm/AOT-GAN-for-Inpainting, ``src/metric/metric.py``; its tables give it in per cent. Images ``[N,3,H,W]``
    in [0, 1] -> ``{"l1_aotgan": [N]}`` in [0, 1], lower is better; NaN for two black pictures (0/0 in the script).

    Example:
        >>> grey = torch.full((1, 3, 8, 8), 0.5)
        >>> L1AotGan()(MetricBatch(("a",), grey + 0.25, grey, None))["l1_aotgan"]
        tensor([0.2000])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        whole_image_only(region, "l1_aotgan", "l1")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        error = (batch.output - batch.truth).abs().sum((1, 2, 3))
        return {"l1_aotgan": error / (batch.output + batch.truth).sum((1, 2, 3))}


class L1CoordFill:
    """CoordFill's "l1": 100 × the mean absolute difference of the pictures' *channel means*, in per cent.

    NiFangBaAGe/CoordFill, ``utils.py``: errors of opposite sign in two channels cancel, so it is at most 100 × `L1`.
    Its ``test.py`` computes the value and prints others. Images ``[N,3,H,W]`` in [0, 1] -> ``{"l1_coordfill": [N]}``.

    Example:
        >>> grey = torch.full((1, 3, 8, 8), 0.5)
        >>> L1CoordFill()(MetricBatch(("a",), grey + 0.25, grey, None))["l1_coordfill"]
        tensor([25.])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        whole_image_only(region, "l1_coordfill", "l1")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        return {"l1_coordfill": 100 * (batch.output - batch.truth).mean(1).abs().mean((1, 2))}


class L1Scat:
    """SCAT's L1: the mean absolute difference of pictures in [-1, 1], twice what `L1` gives.

    Images ``[N,3,H,W]`` in [0, 1] -> ``{"l1_scat": [N]}`` in [0, 2], lower is better.

    Example:
        >>> grey = torch.full((1, 3, 8, 8), 0.5)
        >>> L1Scat()(MetricBatch(("a",), grey + 0.25, grey, None))["l1_scat"]
        tensor([0.5000])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        whole_image_only(region, "l1_scat", "l1")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        return {"l1_scat": 2 * (batch.output - batch.truth).abs().mean((1, 2, 3))}


def _brushbench_mse(batch: MetricBatch, metric: str) -> Tensor:
    """The squared error of three channels over the number of known *pixels*: three times the mean over elements."""
    known = counted(batch, "known", metric)
    assert known is not None  # the region is "known"
    return ((batch.output - batch.truth).square() * known).sum((1, 2, 3)) / known.sum((1, 2, 3))


class MseBrushBench:
    """BrushBench's MSE outside the mask: three channels' squared error over the number of *pixels*, 3 × the usual.

    TencentARC/BrushNet, ``examples/brushnet/evaluate_brushnet.py``, on the raw output. Images ``[N,3,H,W]`` in
    [0, 1] -> ``{"mse_brushbench": [N]}`` in [0, 3], lower is better; region `known` only, NaN where nothing is known.

    Example:
        >>> grey, known = torch.full((1, 3, 8, 8), 0.5), torch.ones(1, 1, 8, 8)
        >>> MseBrushBench(region="known")(MetricBatch(("a",), grey + 0.1, grey, None, known))["mse_brushbench"]
        tensor([0.0300])
    """

    def __init__(self, device: str = "cpu", region: str = "known") -> None:
        del device  # computed where the batch lies
        known_only(region, "mse_brushbench")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        return {"mse_brushbench": _brushbench_mse(batch, "mse_brushbench")}


class PsnrBrushBench:
    """BrushBench's PSNR outside the mask: of `MseBrushBench`, so 4.77 dB below ``psnr@known``; 1000 dB where equal.

    One untouched picture in a hundred adds 10 dB to a mean: use ``psnr@known`` for anything but its tables. Images
    ``[N,3,H,W]`` in [0, 1] -> ``{"psnr_brushbench": [N]}``; region `known` only, NaN where nothing is known.

    Example:
        >>> grey, known = torch.full((1, 3, 8, 8), 0.5), torch.ones(1, 1, 8, 8)
        >>> PsnrBrushBench(region="known")(MetricBatch(("a",), grey + 0.1, grey, None, known))["psnr_brushbench"]
        tensor([15.2288])
    """

    def __init__(self, device: str = "cpu", region: str = "known") -> None:
        del device  # computed where the batch lies
        known_only(region, "psnr_brushbench")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        error = _brushbench_mse(batch, "psnr_brushbench")
        value = -10 * torch.log10(error)
        return {"psnr_brushbench": torch.where(error < 1e-10, torch.full_like(value, 1000.0), value)}


class PsnrGdpAll:
    """PSNR of GDP's second script: RGB, the outermost 4 px left out (its first script has no border: `Psnr`).

    Fayeben/GenerativeDiffusionPrior, ``evaluations/cal_all_metrics.py``. Images ``[N,3,H,W]`` in [0, 1] ->
    ``{"psnr_gdp_all": [N]}``, at most 100 dB (the script gives inf); NaN where no pixel is left.

    Example:
        >>> grey = torch.full((1, 3, 16, 16), 0.5)
        >>> PsnrGdpAll()(MetricBatch(("a",), grey + 0.1, grey, None))["psnr_gdp_all"]
        tensor([20.0000])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        whole_image_only(region, "psnr_gdp_all", "psnr")

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        inner = (batch.output - batch.truth)[..., 4:-4, 4:-4]
        return {"psnr_gdp_all": decibels(inner.square().mean((1, 2, 3)))}

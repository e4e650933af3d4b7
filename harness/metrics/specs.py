"""Every metric the engine ships, as data; those on feature extractors are in `set_specs`. Imports no torch."""

from __future__ import annotations

from harness.metrics.pyiqa_catalogue import pyiqa_spec
from harness.metrics.set_specs import ZHANG_2018, embedder_specs, feature_metric_specs, set_metric_specs
from harness.specs import MetricSpec, Paper, Param, Requirement

__all__ = ["embedder_specs", "metric_specs", "pyiqa_spec"]

OURS = "Apache-2.0"
ANYWHERE = ("", "hole", "known", "boundary")
IN_REGION = "mean over the region's pixels and channels, then mean over samples"
WANG_2004 = Paper(
    "Image Quality Assessment: From Error Visibility to Structural Similarity",
    "IEEE TIP",
    2004,
    "doi:10.1109/TIP.2003.819861",
)
XUE_2014 = Paper("Gradient Magnitude Similarity Deviation", "IEEE TIP", 2014, "arXiv:1308.3052")


def _pixel_metrics() -> tuple[MetricSpec, ...]:
    return (
        MetricSpec(
            name="psnr",
            target="harness.metrics.psnr:Psnr",
            version="1",
            kind="sample",
            higher_is_better=True,
            summary="peak signal-to-noise ratio a sample, error normalised by elements; equal pictures get 100 dB",
            licence=OURS,
            regions=ANYWHERE,
            unit="dB",
            reduction="squared error: " + IN_REGION.replace(", then", "; PSNR a sample, capped at 100 dB;"),
            bounds=(0, 100),
            digits=2,
        ),
        MetricSpec(
            name="ssim",
            target="harness.metrics.ssim:Ssim",
            version="1",
            kind="sample",
            higher_is_better=True,
            summary="SSIM on RGB, Gaussian 11 x 11 of sigma 1.5, no padding, no downsampling; pyiqa's ssimc to 1e-5",
            licence=OURS,
            regions=ANYWHERE,
            reduction="mean over channels and windows (of a region: windows centred in it), then mean over samples",
            bounds=(0, 1),
            paper=WANG_2004,
            digits=4,
        ),
        MetricSpec(
            name="l1",
            target="harness.metrics.l1:L1",
            version="1",
            kind="sample",
            higher_is_better=False,
            summary="mean absolute error, pictures in [0, 1]",
            licence=OURS,
            regions=ANYWHERE,
            reduction=IN_REGION,
            bounds=(0, 1),
            digits=4,
        ),
    )


def _structure_metrics() -> tuple[MetricSpec, ...]:
    return (
        MetricSpec(
            name="gmsd",
            target="harness.metrics.gmsd:Gmsd",
            version="1",
            kind="sample",
            higher_is_better=False,
            summary="gradient magnitude similarity deviation at half size; pyiqa's gmsd to 1e-5",
            licence=OURS,
            regions=ANYWHERE,
            colour="BT.601 luma, rounded to 8 bit",
            range="[0, 255]",
            resize="2 x 2 averages, an odd last row or column left out",
            reduction="standard deviation over positions (of a region: at least half in it), then mean over samples",
            bounds=(0, None),
            paper=XUE_2014,
            digits=4,
        ),
        MetricSpec(
            name="hf_ratio",
            target="harness.metrics.high_frequency:HighFrequencyRatio",
            version="1",
            kind="sample",
            higher_is_better=None,
            summary="Laplacian energy hole / ring over the truth's: the target is 1; near 0 smooth, above 1 noisy",
            licence=OURS,
            regions=("hole",),
            unit="x",
            reduction="mean squared five-point Laplacian, stencils wholly in hole or ring; geometric mean over samples",
            bounds=(0, None),
            diagnostic=True,
            digits=2,
            mean="geometric",
        ),
    )


def _optional_metrics() -> tuple[MetricSpec, ...]:
    return (
        MetricSpec(
            name="lpips",
            target="harness.metrics.lpips_adapter:Lpips",
            version="0.1",
            kind="sample",
            higher_is_better=False,
            summary="LPIPS v0.1 by its authors' package, where the user has placed the backbone's file",
            licence="BSD-2-Clause (lpips); BSD-3-Clause (torchvision's ImageNet weights)",
            range="[0, 1], moved to [-1, 1] inside",
            extractor="AlexNet (net=vgg or squeeze: another metric, never in one column)",
            reduction="mean over positions, sum over layers, then mean over samples",
            bounds=(0, None),
            params={"net": Param("alex", "backbone", choices=("alex", "vgg", "squeeze"))},
            requires=(Requirement("lpips", "lpips"),),
            paper=ZHANG_2018,
            digits=4,
        ),
    )


def metric_specs() -> tuple[MetricSpec, ...]:
    """Every metric the engine ships; `pyiqa_spec` makes those of pyiqa as they are asked for."""
    return _pixel_metrics() + _structure_metrics() + feature_metric_specs() + set_metric_specs() + _optional_metrics()

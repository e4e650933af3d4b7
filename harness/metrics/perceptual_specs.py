"""Metrics that were fitted to people's opinions or to pristine pictures, as data. Imports no torch."""

from __future__ import annotations

from dataclasses import replace

from harness.metrics.set_specs import ZHANG_2018
from harness.specs import MetricSpec, Paper, Requirement

__all__ = ["DISTS", "LPIPS", "LPIPS_SQUEEZE", "LPIPS_VGG", "perceptual_metric_specs"]

OURS = "Apache-2.0"
LPIPS_LICENCE = "BSD-2-Clause (lpips); BSD-3-Clause (torchvision's ImageNet weights)"
LUMA = "BT.601 luma, rounded to 8 bit"
RELEASED = "the user places torchvision's file"

DING_2020 = Paper("Image Quality Assessment: Unifying Structure and Texture Similarity", "TPAMI", 2020,
                  "arXiv:2004.07728")  # fmt: skip
MITTAL_2013 = Paper("Making a 'Completely Blind' Image Quality Analyzer", "IEEE SPL", 2013,
                    "doi:10.1109/LSP.2012.2227726")  # fmt: skip
MITTAL_2012 = Paper("No-Reference Image Quality Assessment in the Spatial Domain", "IEEE TIP", 2012,
                    "doi:10.1109/TIP.2012.2214050")  # fmt: skip
VENKATANATH_2015 = Paper("Blind Image Quality Evaluation Using Perception Based Features", "NCC", 2015,
                         "doi:10.1109/NCC.2015.7084843")  # fmt: skip

LPIPS = MetricSpec(
    name="lpips",
    target="harness.metrics.lpips_adapter:Lpips",
    version="0.1",
    kind="sample",
    higher_is_better=False,
    summary=f"LPIPS v0.1 on AlexNet by its authors' package; {RELEASED}",
    licence=LPIPS_LICENCE,
    range="[0, 1], moved to [-1, 1] inside",
    extractor="AlexNet (torchvision, ImageNet), five layers",
    reduction="mean over positions, sum over layers, then mean over samples",
    bounds=(0, None),
    requires=(Requirement("lpips", "lpips"),),
    paper=ZHANG_2018,
    digits=4,
    equals="MAT's, MI-GAN's, CoordFill's LPIPS and GDP's scripts/psnr_ssim.py; torchmetrics 1.9 on stand-in weights"
    "; tested: at most 1e-7 off",
)
LPIPS_VGG = replace(
    LPIPS,
    name="lpips_vgg",
    target="harness.metrics.lpips_adapter:LpipsVgg",
    summary=f"LPIPS v0.1 on VGG-16 by its authors' package; {RELEASED}",
    extractor="VGG-16 (torchvision, ImageNet), five layers",
    equals="LaMa's evaluator (net=vgg); torchmetrics 1.9 on stand-in weights; tested: at most 1e-7 off",
)
LPIPS_SQUEEZE = replace(
    LPIPS,
    name="lpips_squeeze",
    target="harness.metrics.lpips_adapter:LpipsSqueeze",
    summary=f"LPIPS v0.1 on SqueezeNet 1.1 by its authors' package; {RELEASED} (4.7 MB)",
    extractor="SqueezeNet 1.1 (torchvision, ImageNet), seven layers",
    equals="torchmetrics 1.9 (net_type=squeeze) on stand-in weights; tested: at most 1e-7 off",
)
DISTS = MetricSpec(
    name="dists",
    target="harness.metrics.dists:Dists",
    version="1",
    kind="sample",
    higher_is_better=False,
    summary=f"DISTS on VGG-16, ours; {RELEASED}, torchmetrics brings the learnt weights",
    licence="Apache-2.0 (ours, torchmetrics); MIT (the learnt weights); BSD-3-Clause (torchvision's ImageNet weights)",
    extractor="VGG-16 (torchvision, ImageNet) with L2 pooling, five stages and the picture itself",
    reduction="means and covariances over the whole picture, weighted sum over channels, then mean over samples",
    bounds=(0, None),
    requires=(Requirement("torchmetrics", "torchmetrics"),),
    paper=DING_2020,
    digits=4,
    equals="DISTS_pytorch without its resize to 256 px; torchmetrics 1.9 on stand-in weights; tested: at most 5e-7 off",
)


def _blind() -> tuple[MetricSpec, ...]:
    niqe = MetricSpec(
        name="niqe",
        target="harness.metrics.niqe:Niqe",
        version="1",
        kind="sample",
        higher_is_better=False,
        summary="distance of statistics from pristine pictures'; sees no truth; undefined below two 96 px blocks",
        licence="Apache-2.0 (ours; pristine model from mmagic 1.2.0)",
        uses=frozenset({"output"}),
        colour=LUMA,
        range="[0, 255]",
        resize="none, and half size as MATLAB's imresize",
        extractor="36 features of each 96 x 96 block; pristine model shipped (data/LICENSES.md)",
        reduction="over the picture's blocks, then mean over samples",
        bounds=(0, None),
        paper=MITTAL_2013,
        digits=2,
        equals="pyiqa 0.1.16's niqe with the same model, on grey; tested: at most 1e-4 off",
    )
    brisque = MetricSpec(
        name="brisque",
        target="harness.metrics.brisque:Brisque",
        version="1",
        kind="sample",
        higher_is_better=False,
        summary="opinion predicted from statistics by the package brisque 0.2.0; sees no truth; not LIVE's numbers",
        licence="Apache-2.0 (ours; support vectors from brisque 0.2.0)",
        uses=frozenset({"output"}),
        colour="BT.709 luma, not rounded",
        range="[0, 255]",
        resize="none, and half size as OpenCV's INTER_CUBIC, not antialiased",
        extractor="36 features; 770 support vectors shipped (data/LICENSES.md)",
        reduction="over the whole picture, then mean over samples",
        paper=MITTAL_2012,
        digits=1,
        equals="BRISQUE.score of the package brisque 0.2.0 (its formulas written anew); tested: at most 1e-4 off",
    )
    piqe = MetricSpec(
        name="piqe",
        target="harness.metrics.piqe:Piqe",
        version="1",
        kind="sample",
        higher_is_better=False,
        summary="share of distorted 16 px blocks; sees no truth; not monotone in noise",
        licence=OURS,
        uses=frozenset({"output"}),
        colour=LUMA + ", stretched to a brightest pixel of 255",
        range="[0, 255]",
        resize="none; sides mirrored on to multiples of 16",
        reduction="over the blocks that vary, then mean over samples",
        bounds=(0, None),
        paper=VENKATANATH_2015,
        diagnostic=True,
        digits=1,
        equals="pyiqa 0.1.16's piqe, on grey, sides divisible by 16; tested: at most 0.02 off",
    )
    return niqe, brisque, piqe


def perceptual_metric_specs() -> tuple[MetricSpec, ...]:
    """LPIPS by network, DISTS, and the judges that see no truth."""
    return (LPIPS, LPIPS_VGG, LPIPS_SQUEEZE, DISTS, *_blind())

"""What papers' evaluation scripts compute under the names of ours, as data: `<metric>_<paper>`. Imports no torch."""

from __future__ import annotations

from dataclasses import replace

from harness.metrics.perceptual_specs import LPIPS_SQUEEZE, LPIPS_VGG
from harness.specs import MetricSpec

__all__ = ["variant_metric_specs"]

OURS = "Apache-2.0"
COMPARE = "to compare with its tables only"


def _pixel_variants() -> tuple[MetricSpec, ...]:
    l1 = MetricSpec(
        name="l1_aotgan",
        target="harness.metrics.published_pixels:L1AotGan",
        version="1",
        kind="sample",
        higher_is_better=False,
        summary=f"AOT-GAN's mae: sum of differences over sum of both pictures; {COMPARE}",
        licence=OURS,
        reduction="a ratio of sums a sample, then mean over samples",
        bounds=(0, 1),
        digits=4,
        equals="researchmm/AOT-GAN-for-Inpainting src/metric/metric.py compare_mae; tested: at most 1e-7 off",
    )
    psnr = MetricSpec(
        name="psnr_gdp_all",
        target="harness.metrics.published_pixels:PsnrGdpAll",
        version="1",
        kind="sample",
        higher_is_better=True,
        summary=f"PSNR of GDP's second script: without the outermost 4 px; {COMPARE}",
        licence=OURS,
        unit="dB",
        reduction="squared error over pixels 4 px from the border and channels; PSNR a sample, capped at 100 dB; mean",
        bounds=(0, 100),
        digits=2,
        equals="Fayeben/GenerativeDiffusionPrior evaluations/cal_all_metrics.py; tested: at most 1e-5 dB off",
    )
    brushbench = "sum over three channels of what lies outside the mask, divided by its pixels"
    script = "TencentARC/BrushNet examples/brushnet/evaluate_brushnet.py"
    return (
        l1,
        replace(
            l1,
            name="l1_coordfill",
            target="harness.metrics.published_pixels:L1CoordFill",
            summary=f"CoordFill's l1: per cent, of the channels' mean; {COMPARE}",
            unit="%",
            colour="mean of R, G and B",
            reduction="mean over pixels x 100, then mean over samples",
            bounds=(0, 100),
            digits=3,
            equals="NiFangBaAGe/CoordFill utils.py calc_psnr, on 8-bit pictures; tested: at most 5e-6 off",
        ),
        replace(
            l1,
            name="l1_scat",
            target="harness.metrics.published_pixels:L1Scat",
            summary=f"SCAT's L1: of pictures in [-1, 1], twice l1; {COMPARE}",
            range="[-1, 1]",
            reduction="mean over pixels and channels, then mean over samples",
            bounds=(0, 2),
            equals="SCAT's test.py; tested: at most 2e-7 off",
        ),
        psnr,
        replace(
            psnr,
            name="psnr_brushbench",
            target="harness.metrics.published_pixels:PsnrBrushBench",
            summary=f"BrushBench's PSNR outside the mask: psnr@known - 4.77 dB; {COMPARE}",
            regions=("known",),
            reduction=f"squared error: {brushbench}; PSNR a sample, 1000 dB below an error of 1e-10; mean",
            bounds=(-4.78, 1000),
            equals=f"{script} calculate_psnr; tested: at most 1e-5 dB off",
        ),
        replace(
            l1,
            name="mse_brushbench",
            target="harness.metrics.published_pixels:MseBrushBench",
            summary=f"BrushBench's MSE outside the mask, three times the usual; {COMPARE}",
            regions=("known",),
            reduction=f"squared error: {brushbench}; then mean over samples",
            bounds=(0, 3),
            digits=5,
            equals=f"{script} calculate_mse; tested: at most 2e-7 off",
        ),
    )


def _ssim_variant(name: str, target: str, summary: str, colour: str, windows: str, equals: str) -> MetricSpec:
    return MetricSpec(
        name=name,
        target=f"harness.metrics.published_ssim:{target}",
        version="1",
        kind="sample",
        higher_is_better=True,
        summary=f"{summary}; {COMPARE}",
        licence=OURS,
        colour=colour,
        reduction=f"mean over channels and {windows}, then mean over samples",
        bounds=(-1, 1),
        digits=4,
        equals=equals,
    )


def _ssim_variants() -> tuple[MetricSpec, ...]:
    inside = "windows inside the picture"
    return (
        _ssim_variant(
            "ssim_lama", "SsimLama", "LaMa's SSIM: Gaussian 11 x 11, border padded with zeros", "RGB",
            "all positions, zeros beyond the border",
            "advimman/lama saicinpainting/evaluation/losses/ssim.py; tested: at most 1e-7 off",
        ),
        _ssim_variant(
            "ssim_mat", "SsimMat", "MAT's, MMagic's and SCAT's SSIM: as ssim, negative terms kept", "RGB", inside,
            "fenglinglwb/MAT cal_psnr_ssim_l1.py, MMagic's SSIM, pytorch_msssim's default; tested: at most 1e-7 off",
        ),
        _ssim_variant(
            "ssim_aotgan", "SsimAotGan", "AOT-GAN's SSIM: uniform 7 x 7, sample covariance", "RGB", inside,
            "researchmm/AOT-GAN-for-Inpainting compare_ssim, scikit-image's default; tested: at most 1e-7 off",
        ),
        _ssim_variant(
            "ssim_coordfill", "SsimCoordFill", "CoordFill's SSIM: uniform 11 x 11, sample covariance", "RGB", inside,
            "NiFangBaAGe/CoordFill utils.py calc_psnr, on 8-bit pictures; tested: at most 1e-7 off",
        ),
        _ssim_variant(
            "ssim_gdp", "SsimGdp", "GDP's SSIM: grey, uniform 7 x 7, sample covariance",
            "BT.601 luma, rounded to 8 bit as OpenCV does", inside,
            "Fayeben/GenerativeDiffusionPrior scripts/psnr_ssim.py; tested: at most 1e-7 off",
        ),
        _ssim_variant(
            "ssim_gdp_all", "SsimGdpAll", "SSIM of GDP's second script: 4 px cut off, border reflected", "RGB",
            "all positions left, mirrored beyond",
            "Fayeben/GenerativeDiffusionPrior evaluations/cal_all_metrics.py (pytorch-ignite); "
            "tested: at most 1e-7 off",
        ),
    )  # fmt: skip


def _lpips_variants() -> tuple[MetricSpec, ...]:
    return (
        replace(
            LPIPS_VGG,
            name="lpips_gdp_all",
            target="harness.metrics.lpips_adapter:LpipsGdpAll",
            summary=f"LPIPS of GDP's second script: VGG-16 fed BGR in [0, 1]; {COMPARE}",
            colour="BGR",
            range="[0, 1], not moved",
            equals="Fayeben/GenerativeDiffusionPrior evaluations/cal_all_metrics.py, torchmetrics 1.9 fed so"
            "; tested: at most 1e-7 off",
        ),
        replace(
            LPIPS_SQUEEZE,
            name="lpips_brushbench",
            target="harness.metrics.lpips_adapter:LpipsBrushBench",
            summary=f"BrushBench's LPIPS: SqueezeNet, both pictures black inside the mask; {COMPARE}",
            regions=("known",),
            equals="TencentARC/BrushNet evaluate_brushnet.py (torchmetrics 1.9, stand-in weights)"
            "; tested: at most 1e-7 off",
        ),
    )


def variant_metric_specs() -> tuple[MetricSpec, ...]:
    """Every named paper variant of a metric of single samples."""
    return _pixel_variants() + _ssim_variants() + _lpips_variants()

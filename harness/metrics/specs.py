"""Every metric the engine ships, as data: here ours on pixels and structure, the others by family in `*_specs`.

Imports no torch.
"""

from __future__ import annotations

from harness.metrics.perceptual_specs import perceptual_metric_specs
from harness.metrics.pyiqa_catalogue import pyiqa_spec
from harness.metrics.set_specs import embedder_specs, feature_metric_specs, set_metric_specs
from harness.metrics.table_specs import table_metric_specs
from harness.metrics.variant_specs import variant_metric_specs
from harness.specs import MetricSpec, Paper

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
WANG_2003 = Paper("Multi-scale Structural Similarity for Image Quality Assessment", "Asilomar", 2003,
                  "doi:10.1109/ACSSC.2003.1292216")  # fmt: skip
SHEIKH_2006 = Paper("Image Information and Visual Quality", "IEEE TIP", 2006, "doi:10.1109/TIP.2005.859378")
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
            equals="scikit-image 0.26, MAT's, GDP's scripts/psnr_ssim.py and AOT-GAN's; tested: at most 1e-5 dB off",
        ),
        MetricSpec(
            name="psnr_y",
            target="harness.metrics.psnr:PsnrY",
            version="1",
            kind="sample",
            higher_is_better=True,
            summary="PSNR of super-resolution papers: Y of YCbCr, peak 255; equal pictures get 100 dB",
            licence=OURS,
            regions=ANYWHERE,
            unit="dB",
            colour="Y, BT.601 studio range (16 to 235), not rounded",
            reduction="squared error: " + IN_REGION.replace(", then", "; PSNR a sample, capped at 100 dB;"),
            bounds=(0, 100),
            digits=2,
            equals="BasicSR's calculate_psnr(test_y_channel=True), Y by scikit-image 0.26; tested: at most 5e-5 dB off",
        ),
        MetricSpec(
            name="ssim",
            target="harness.metrics.ssim:Ssim",
            version="1",
            kind="sample",
            higher_is_better=True,
            summary="SSIM on RGB, Gaussian 11 x 11 of sigma 1.5, no padding, no downsampling",
            licence=OURS,
            regions=ANYWHERE,
            reduction="mean over channels and windows (of a region: windows centred in it), then mean over samples",
            bounds=(0, 1),
            paper=WANG_2004,
            digits=4,
            equals="pyiqa 0.1.16's ssimc; tested: at most 2e-6 off",
        ),
        MetricSpec(
            name="ssim_y",
            target="harness.metrics.ssim:SsimY",
            version="1",
            kind="sample",
            higher_is_better=True,
            summary="SSIM of super-resolution papers: Y of YCbCr, dynamic range 255, negative terms kept",
            licence=OURS,
            regions=ANYWHERE,
            colour="Y, BT.601 studio range (16 to 235), not rounded",
            reduction="mean over windows (of a region: windows centred in it), then mean over samples",
            bounds=(-1, 1),
            paper=WANG_2004,
            digits=4,
            equals="BasicSR's calculate_ssim(test_y_channel=True), by scikit-image 0.26; tested: at most 3e-7 off",
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
            equals="MAT's cal_psnr_ssim_l1.py and MMagic's MAE; tested: at most 1e-7 off",
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
            summary="gradient magnitude similarity deviation at half size",
            licence=OURS,
            regions=ANYWHERE,
            colour="BT.601 luma, rounded to 8 bit",
            range="[0, 255]",
            resize="2 x 2 averages, an odd last row or column left out",
            reduction="standard deviation over positions (of a region: at least half in it), then mean over samples",
            bounds=(0, None),
            paper=XUE_2014,
            digits=4,
            equals="pyiqa 0.1.16's gmsd, but for grey levels on the edge of rounding; tested: at most 1e-5 off",
        ),
        MetricSpec(
            name="ms_ssim",
            target="harness.metrics.ms_ssim:MsSsim",
            version="1",
            kind="sample",
            higher_is_better=True,
            summary="SSIM over five scales on RGB; undefined where a side is shorter than 161 px",
            licence=OURS,
            resize="2 x 2 averages, an odd last row or column averaged alone",
            reduction="product over scales of means over windows, mean over channels, then mean over samples",
            bounds=(0, 1),
            paper=WANG_2003,
            digits=4,
            equals="Wang's msssim.m on each channel, written anew; tested: at most 2e-7 off",
        ),
        MetricSpec(
            name="vif",
            target="harness.metrics.vif:Vif",
            version="1",
            kind="sample",
            higher_is_better=True,
            summary="information of the truth that survives, wavelet bands of four scales; undefined below 72 px",
            licence="Apache-2.0 (ours); MIT (the pyramid's filters, from pyrtools 1.1.1)",
            colour="BT.601 luma, rounded to 8 bit",
            range="[0, 255]",
            resize="every second coefficient of a steerable pyramid, three times",
            reduction="ratio of sums over blocks and bands, then mean over samples",
            bounds=(0, None),
            paper=SHEIKH_2006,
            digits=4,
            equals="pyiqa 0.1.16's vif on grey; LIVE's vifvec on the calibration set; tested: at most 3e-5 off",
        ),
        MetricSpec(
            name="vifp",
            target="harness.metrics.vifp:VifP",
            version="1",
            kind="sample",
            higher_is_better=True,
            summary="information of the truth that survives, pixel domain, four scales; undefined below 41 px",
            licence=OURS,
            colour="BT.601 luma, rounded to 8 bit",
            range="[0, 255]",
            resize="every second pixel of a Gaussian-filtered picture, three times",
            reduction="ratio of sums over windows and scales, then mean over samples",
            bounds=(0, None),
            paper=SHEIKH_2006,
            digits=4,
            equals="torchmetrics 1.9's visual_information_fidelity on grey; tested: at most 1e-7 off",
        ),
        MetricSpec(
            name="hf_ratio",
            target="harness.metrics.high_frequency:HighFrequencyRatio",
            version="1",
            kind="sample",
            higher_is_better=None,
            summary="ours: Laplacian energy hole / ring over the truth's; best is 1, near 0 smooth, above 1 noisy",
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


def _known_cause_metrics() -> tuple[MetricSpec, ...]:
    """Against what is known beside the truth: the picture with the object, and what was observed."""
    return (
        MetricSpec(
            name="shadow_residual",
            target="harness.metrics.shadow_residual:ShadowResidual",
            version="1",
            kind="sample",
            higher_is_better=False,
            summary="ours: share of what a removed object changed outside the mask (its shadow) that is left; 1 = all",
            licence=OURS,
            uses=frozenset({"output", "truth", "mask", "shown"}),
            regions=("known",),
            unit="x",
            reduction="|output - truth| over |input - truth|, sums over channels and pixels where input and truth "
            "differ by 3 levels or more; then mean over samples",
            bounds=(0, None),
        ),
        MetricSpec(
            name="consistency",
            target="harness.metrics.consistency:Consistency",
            version="1",
            kind="sample",
            higher_is_better=False,
            summary="ours: how far the output, degraded again, is from what was observed; below σ it explains noise",
            licence=OURS,
            uses=frozenset({"output", "shown", "operator"}),
            reduction="root of the mean squared difference over the observation's pixels and channels; then mean over "
            "samples. GDP's is the mean square in 0-255 units: (255 x)² of a sample",
            bounds=(0, None),
            digits=4,
        ),
    )


def metric_specs() -> tuple[MetricSpec, ...]:
    """Every metric the engine ships; `pyiqa_spec` makes those of pyiqa as they are asked for."""
    ours = _pixel_metrics() + _structure_metrics() + _known_cause_metrics()
    ours += feature_metric_specs() + set_metric_specs()
    return ours + perceptual_metric_specs() + variant_metric_specs() + table_metric_specs()

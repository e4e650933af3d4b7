"""SSIM as papers' evaluation scripts compute it, under the papers' names: to compare with their tables.

All are Wang 2004 with K1 = 0.01 and K2 = 0.03; they differ in window, border, colour and the divisor of variances.
Computed in float64, as the scripts do (LaMa's and ignite's float32 differs from it by less than 1e-5). Negative terms
stay negative. Images ``[N,3,H,W]`` RGB in [0, 1], whole images only, higher is better, in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError
from harness.interfaces import MetricBatch
from harness.metrics.colour import grey_opencv
from harness.metrics.regions import whole_image_only
from harness.metrics.ssim import C1, C2, SIGMA, WINDOW, gaussian, local_means

__all__ = ["SsimAotGan", "SsimCoordFill", "SsimGdp", "SsimGdpAll", "SsimLama", "SsimMat"]

BORDER = 4  # px that GDP's second script leaves out


def _uniform(window: int) -> Tensor:
    return torch.full((window,), 1 / window, dtype=torch.float64)


class _PublishedSsim:
    """What the scripts share. A subclass names itself and says where it differs.

    Attributes:
        kernel: weights of the window along one axis.
        padding: what stands beyond the picture: "" (no window reaches there), "constant" (zeros) or "reflect".
        bessel: factor of the variances, n / (n - 1) where a script takes the sample's.
    """

    name: ClassVar[str]
    kernel: ClassVar[Tensor] = gaussian(WINDOW, SIGMA)
    padding: ClassVar[Literal["", "constant", "reflect"]] = ""
    bessel: ClassVar[float] = 1.0

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        del device  # computed where the batch lies
        whole_image_only(region, self.name, "ssim")

    def planes(self, image: Tensor) -> Tensor:
        """The planes whose SSIMs are averaged, float64 in [0, 1]."""
        return image.double()

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        window = len(self.kernel)
        x, y = self.planes(batch.output), self.planes(batch.truth)
        if min(x.shape[-2:]) < window:
            raise HarnessError(f"{self.name} needs pictures of at least {window} x {window} px")
        if self.padding:
            margin = (window // 2,) * 4
            x, y = F.pad(x, margin, self.padding), F.pad(y, margin, self.padding)
        means = local_means(torch.cat([x, y, x * x, y * y, x * y], 1), self.kernel)
        mean_x, mean_y, square_x, square_y, product = means.chunk(5, 1)
        variances = self.bessel * (square_x - mean_x.square() + square_y - mean_y.square())
        covariance = self.bessel * (product - mean_x * mean_y)
        luminance = (2 * mean_x * mean_y + C1) / (mean_x.square() + mean_y.square() + C1)
        structure = (2 * covariance + C2) / (variances + C2)
        return {self.name: (luminance * structure).mean((1, 2, 3)).to(batch.output.dtype)}


class SsimLama(_PublishedSsim):
    """LaMa's SSIM: RGB, Gaussian 11 × 11 of sigma 1.5, the picture's border *padded with zeros*.

    advimman/lama, ``saicinpainting/evaluation/losses/ssim.py``: equal black borders push it towards 1.

    Example:
        >>> x = torch.rand(1, 3, 32, 32)
        >>> SsimLama()(MetricBatch(("a",), x, x, None))["ssim_lama"]
        tensor([1.])
    """

    name = "ssim_lama"
    padding = "constant"


class SsimMat(_PublishedSsim):
    """MAT's SSIM (fenglinglwb/MAT, ``evaluatoin/cal_psnr_ssim_l1.py``), the same as MMagic's and BasicSR's on RGB.

    As ours (`Ssim`), but a negative contrast-structure term stays negative: only unrelated pictures show it.

    Example:
        >>> x = torch.rand(1, 3, 32, 32)
        >>> SsimMat()(MetricBatch(("a",), x, x, None))["ssim_mat"]
        tensor([1.])
    """

    name = "ssim_mat"


class SsimAotGan(_PublishedSsim):
    """AOT-GAN's SSIM: RGB, *uniform* 7 × 7 window, sample covariance (scikit-image's default).

    researchmm/AOT-GAN-for-Inpainting, ``src/metric/metric.py``.

    Example:
        >>> x = torch.rand(1, 3, 32, 32)
        >>> SsimAotGan()(MetricBatch(("a",), x, x, None))["ssim_aotgan"]
        tensor([1.])
    """

    name = "ssim_aotgan"
    kernel = _uniform(7)
    bessel = 49 / 48


class SsimCoordFill(_PublishedSsim):
    """CoordFill's SSIM: RGB, *uniform* 11 × 11 window, sample covariance (NiFangBaAGe/CoordFill, ``utils.py``).

    The script truncates the network's floats to 8 bit; what is judged here is rounded already (docs/metrics.md).

    Example:
        >>> x = torch.rand(1, 3, 32, 32)
        >>> SsimCoordFill()(MetricBatch(("a",), x, x, None))["ssim_coordfill"]
        tensor([1.])
    """

    name = "ssim_coordfill"
    kernel = _uniform(11)
    bessel = 121 / 120


class SsimGdp(_PublishedSsim):
    """GDP's SSIM: OpenCV's *grey* levels, *uniform* 7 × 7 window, sample covariance (``scripts/psnr_ssim.py``).

    Example:
        >>> x = torch.rand(1, 3, 32, 32)
        >>> SsimGdp()(MetricBatch(("a",), x, x, None))["ssim_gdp"]
        tensor([1.])
    """

    name = "ssim_gdp"
    kernel = _uniform(7)
    bessel = 49 / 48

    def planes(self, image: Tensor) -> Tensor:
        return grey_opencv(image) / 255


class SsimGdpAll(_PublishedSsim):
    """SSIM of GDP's second script (``evaluations/cal_all_metrics.py``): RGB without the outermost 4 px.

    Gaussian 11 × 11 of sigma 1.5 on the *reflected* border, as pytorch-ignite.

    Example:
        >>> x = torch.rand(1, 3, 32, 32)
        >>> SsimGdpAll()(MetricBatch(("a",), x, x, None))["ssim_gdp_all"]
        tensor([1.])
    """

    name = "ssim_gdp_all"
    padding = "reflect"

    def planes(self, image: Tensor) -> Tensor:
        return image[..., BORDER:-BORDER, BORDER:-BORDER].double()

"""BRISQUE: opinion predicted from scene statistics by support vectors (Mittal, Moorthy, Bovik, IEEE TIP 2012)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files

import torch
from safetensors.torch import load
from torch import Tensor
from torch.nn import functional as F

from harness.interfaces import MetricBatch
from harness.metrics.natural_scene import fit_asymmetric, gamma_ratio, normalised
from harness.metrics.regions import whole_image_only
from harness.metrics.ssim import local_means

__all__ = ["Brisque", "brisque_features"]

LUMA = (0.2125, 0.7154, 0.0721)  # BT.709, scikit-image's rgb2gray
GAMMA = 0.05  # of the model's radial basis functions, and its offset
RHO = -155.845
CUBIC = (-0.09375, 0.59375, 0.59375, -0.09375)  # Keys' cubic with a = -3/4 half-way between two pixels, as OpenCV


@cache
def _model() -> tuple[dict[str, Tensor], str]:
    """Support vectors [770,36], their coefficients, the features' ranges [36], and the file's sha256."""
    content = files("harness.metrics").joinpath("data/brisque.safetensors").read_bytes()
    return load(content), sha256(content).hexdigest()


def _every_second(grey: Tensor) -> Tensor:
    """Half the size as ``cv2.resize(..., INTER_CUBIC)``: *no* antialiasing, sides rounded half to even."""
    height, width = grey.shape[-2:]
    halved = local_means(F.pad(grey, (1, 3, 1, 3), "replicate"), torch.tensor(CUBIC, dtype=grey.dtype))
    return halved[..., ::2, ::2][..., : round(height / 2), : round(width / 2)]


def _neighbours(levels: Tensor) -> Iterator[Tensor]:
    """Products with the right, lower, lower right and upper right neighbour."""
    yield levels[..., :-1] * levels[..., 1:]
    yield levels[..., :-1, :] * levels[..., 1:, :]
    yield levels[..., :-1, :-1] * levels[..., 1:, 1:]
    yield levels[..., 1:, :-1] * levels[..., :-1, 1:]


def brisque_features(image: Tensor) -> Tensor:
    """36 features, 18 at full and 18 at half size: float64 ``[N,36]`` of ``[N,3,H,W]`` RGB in [0, 1]."""
    weights = torch.tensor(LUMA, dtype=torch.float64, device=image.device).view(1, 3, 1, 1)
    grey = (image.double() * weights).sum(1, keepdim=True) * 255
    found = []
    for _ in range(2):
        levels = normalised(grey, "constant")[:, 0]
        shape, left, right = fit_asymmetric(levels, zero_is_right=True, between=True)
        found += [shape, (left.square() + right.square()) / 2]
        for products in _neighbours(levels):
            shape, left, right = fit_asymmetric(products, zero_is_right=True, between=True)
            mean = (right - left) * gamma_ratio(shape, 2, 1) * gamma_ratio(shape, 1, 3).sqrt()
            found += [shape, mean, left.square(), right.square()]
        grey = _every_second(grey)
    return torch.stack(found, -1)


class Brisque:
    """BRISQUE: ``Σ c exp(-γ |f - v|²) - ρ`` over 770 support vectors, f the features scaled to their trained range.

    The number of the Python package ``brisque`` 0.2.0, with its support vectors (shipped: `data/LICENSES.md`). It is
    *not* that of LIVE's MATLAB release, whose model has other vectors and halves the picture with antialiasing: up to
    17 points apart on the five calibration pictures (docs/metrics.md). Where you have its file, that one is
    ``pyiqa:brisque``.

    Trained on opinions of JPEG, JPEG 2000, noise, blur and fading, 0 = excellent to 100 = bad; pictures unlike those
    may lie outside. No reference is looked at. Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"brisque": [N]}``, lower is
    better, whole images only. BT.709 luma, float64. Of a flat picture it judges the border alone (zeros
    beyond it); NaN for a black one.

    Example:
        >>> x = torch.rand(1, 3, 96, 96)
        >>> Brisque()(MetricBatch(("a",), x, x, None))["brisque"] > 50  # noise is bad
        tensor([True])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        whole_image_only(region, "brisque")
        model, self.weights_sha256 = _model()
        self.model = {name: tensor.double().to(device) for name, tensor in model.items()}

    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        low, high = self.model["low"], self.model["high"]
        scaled = 2 * (brisque_features(batch.output) - low) / (high - low) - 1
        squared = (scaled[:, None] - self.model["vectors"]).square().sum(-1)
        return {"brisque": (torch.exp(-GAMMA * squared) @ self.model["coefficients"] - RHO).to(batch.output.dtype)}

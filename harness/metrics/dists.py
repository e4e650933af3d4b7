"""DISTS: structure and texture similarity on VGG-16 (Ding, Ma, Wang, Simoncelli, TPAMI 2020, arXiv 2004.07728)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from harness.errors import MissingRequirement
from harness.interfaces import MetricBatch
from harness.metrics.lpips_adapter import backbone_file
from harness.metrics.offline import files_sha256
from harness.metrics.regions import whole_image_only

__all__ = ["Dists"]

STAGES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))  # convolutions of torchvision's vgg16.features
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
STABILITY = 1e-6  # Ding 2020, c1 = c2


def _heads_file() -> Path:
    """Where torchmetrics keeps the authors' weights of channels; the package is not imported (it costs 6 s)."""
    package = find_spec("torchmetrics")
    if package is None or not package.submodule_search_locations:
        raise MissingRequirement("needs torchmetrics (it carries the learnt weights): pip install torchmetrics")
    return Path(next(iter(package.submodule_search_locations))) / "functional/image/dists_models/weights.pt"


def _pooled(features: Tensor) -> Tensor:
    """Half the size by a root of Hann-weighted squares: no aliasing, where VGG takes a maximum."""
    hann = torch.tensor([0.25, 0.5, 0.25]).to(features)
    channels = features.shape[1]
    kernel = torch.outer(hann, hann).expand(channels, 1, 3, 3)
    return (F.conv2d(features.square(), kernel, stride=2, padding=1, groups=channels) + 1e-12).sqrt()


class Dists:
    """DISTS: ``1 - Σ (α l(x, y) + β s(x, y))`` over the channels of the picture and five stages of VGG-16.

    l compares the means of a channel over the whole picture, s its covariance, as SSIM does in a window: a texture
    drawn anew scores as well as a copied one. Images ``[N,3,H,W]`` RGB in [0, 1] -> ``{"dists": [N]}``, 0 for equal
    pictures, lower is better. Whole images only, not resized (the authors' command line resizes to 256 px).

    Raises:
        MissingRequirement: the backbone's file or torchmetrics is not here. Nothing is ever downloaded.
        HarnessError: a region is asked for.

    Example:
        >>> x = torch.rand(1, 3, 64, 64)
        >>> Dists()(MetricBatch(("a",), x, x, None))["dists"]  # doctest: +SKIP
        tensor([0.])
    """

    def __init__(self, device: str = "cpu", region: str = "") -> None:
        whole_image_only(region, "dists", "feat_efl0")
        used = (backbone_file("vgg"), _heads_file())
        state, heads = (torch.load(file, map_location="cpu", weights_only=True) for file in used)
        self.backbone = {
            layer: (state[f"features.{layer}.weight"].to(device), state[f"features.{layer}.bias"].to(device))
            for stage in STAGES
            for layer in stage
        }
        total = heads["alpha"].sum() + heads["beta"].sum()
        self.alpha, self.beta = (heads[name].flatten().to(device) / total for name in ("alpha", "beta"))
        self.weights_sha256 = files_sha256(used)

    @staticmethod
    def available() -> None:
        """Raise `MissingRequirement` where a file is not here; builds nothing."""
        _heads_file()
        backbone_file("vgg")

    def _features(self, image: Tensor) -> list[Tensor]:
        """The picture itself and the five stages: ``[N,3,H,W]``, ``[N,64,H,W]``, ... ``[N,512,H/16,W/16]``."""
        mean, std = (torch.tensor(values).to(image).view(1, 3, 1, 1) for values in (MEAN, STD))
        found, current = [image], (image - mean) / std
        for number, stage in enumerate(STAGES):
            current = _pooled(current) if number else current
            for layer in stage:
                current = F.conv2d(current, *self.backbone[layer], padding=1).relu()
            found.append(current)
        return found

    @torch.inference_mode()
    def __call__(self, batch: MetricBatch) -> Mapping[str, Tensor]:
        similarity, done = batch.truth.new_zeros(len(batch.truth)), 0
        for x, y in zip(self._features(batch.output), self._features(batch.truth), strict=True):
            channels = slice(done, done + x.shape[1])
            done += x.shape[1]
            mean_x, mean_y = x.mean((2, 3)), y.mean((2, 3))
            structure = 2 * ((x * y).mean((2, 3)) - mean_x * mean_y) + STABILITY
            structure = structure / (x.var((2, 3), correction=0) + y.var((2, 3), correction=0) + STABILITY)
            luminance = (2 * mean_x * mean_y + STABILITY) / (mean_x.square() + mean_y.square() + STABILITY)
            similarity = similarity + luminance @ self.alpha[channels] + structure @ self.beta[channels]
        return {"dists": 1 - similarity}

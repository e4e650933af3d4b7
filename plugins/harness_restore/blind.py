"""Floors that are told nothing of what was done: resizing, histogram equalisation, gamma, exposure fusion."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from harness.errors import HarnessError
from harness.interfaces import Batch, Images, Setup

__all__ = ["Bicubic", "Clahe", "ExposureFusion", "Gamma", "observed", "resized"]


def observed(batch: Batch, method: str) -> Tensor:
    """The observation ``[N,3,h,w]``. Raises `HarnessError` without one."""
    if batch.image is None:
        raise HarnessError(f"{method} needs an image")
    return batch.image


def resized(batch: Batch, method: str) -> Tensor:
    """The observation at the wanted size, bicubic where it is another, in [0, 1]."""
    image = observed(batch, method)
    size = batch.target_size or (image.shape[-2], image.shape[-1])
    if image.shape[-2:] == size:
        return image
    larger = F.interpolate(image, size, mode="bicubic", align_corners=False, antialias=image.shape[-1] > size[1])
    return larger.clamp(0, 1)


class Bicubic:
    """The observation at the wanted size."""

    def __init__(self, setup: Setup) -> None:
        del setup

    def restore(self, batch: Batch) -> Images:
        """Raises `HarnessError` without an image."""
        return Images(resized(batch, "bicubic"))


class Gamma:
    """``x^g`` with the ``g`` of each picture that takes its mean level ``m`` to ``level``: log level / log m."""

    def __init__(self, setup: Setup, *, level: float = 0.45) -> None:
        del setup
        if not 0 < level < 1:
            raise HarnessError(f"gamma aims at a mean level between 0 and 1, not {level:g}")
        self.level = level

    def restore(self, batch: Batch) -> Images:
        """A black or white picture has no such exponent and is left as it is; no image: `HarnessError`."""
        image = resized(batch, "gamma")
        mean = image.mean((1, 2, 3), keepdim=True)
        between = (mean > 0) & (mean < 1)
        power = torch.where(between, np.log(self.level) / mean.clamp(1e-6, 1 - 1e-6).log(), torch.ones_like(mean))
        return Images(image**power)


def _each(images: Tensor, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> Tensor:
    """OpenCV's view of pictures ``[N,3,H,W]``: uint8 H×W×3 RGB, one at a time."""
    levels = (images * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    changed = np.stack([change(np.ascontiguousarray(one)) for one in levels])
    return torch.from_numpy(changed).permute(0, 3, 1, 2).to(images) / 255


class Clahe:
    """OpenCV's CLAHE on the lightness of CIELAB."""

    def __init__(self, setup: Setup, *, clip: float = 3.0, tiles: int = 4) -> None:
        del setup
        if not clip > 0 or tiles < 1:
            raise HarnessError(f"clahe: clip {clip:g} above 0, {tiles} tiles from 1 on")
        self.equaliser = cv2.createCLAHE(clip, (tiles, tiles))

    def restore(self, batch: Batch) -> Images:
        """Raises `HarnessError` without an image."""
        return Images(_each(resized(batch, "clahe"), self._equalised))

    def _equalised(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
        lab[..., 0] = self.equaliser.apply(np.ascontiguousarray(lab[..., 0]))
        return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


class ExposureFusion:
    """Mertens et al. as OpenCV has it, without exposure times: a picture for a display, not in a radiance's curve."""

    def __init__(self, setup: Setup) -> None:
        del setup
        self.merger = cv2.createMergeMertens()

    def restore(self, batch: Batch) -> Images:
        """Raises `HarnessError` without exposures."""
        if batch.exposures is None:
            raise HarnessError("exposure-fusion needs exposures")
        return Images(torch.stack([self._fused(one) for one in batch.exposures]))

    def _fused(self, exposures: Tensor) -> Tensor:
        levels = (exposures * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        fused = self.merger.process([np.ascontiguousarray(one) for one in levels])
        return torch.from_numpy(np.nan_to_num(fused)).permute(2, 0, 1).to(exposures).clamp(0, 1)

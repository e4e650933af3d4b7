"""What a finder of artifacts must beat: finding nothing, everything, or where sharpness is odd; and what nobody can."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.interfaces import Batch, Scores, Setup

__all__ = ["FindsAll", "FindsKnown", "FindsNothing", "FindsOddSharpness", "odd_sharpness"]

SIGMA = 4.0
"""ours: pixels over which sharpness is averaged."""
FULL = 6.0
"""ours: robust standard deviations from the picture's median that make a probability of 1; half of them make 0.5."""


def _scores(found: Tensor) -> Scores:
    """``clean``, 1 less the map's mean, as `par` has it; the map itself."""
    return Scores({"clean": 1 - found.double().mean((1, 2, 3))}, primary="clean", map=found)


def _image(batch: Batch, name: str) -> Tensor:
    if batch.image is None:
        raise HarnessError(f"{name} needs an image")
    return batch.image


class FindsNothing:
    """The map is 0: every mIoU is about one half without it finding anything."""

    def __init__(self, setup: Setup) -> None:
        del setup

    def assess(self, batch: Batch) -> Scores:
        """Raises `HarnessError` without an image."""
        return _scores(torch.zeros_like(_image(batch, "finds-nothing")[:, :1]))


class FindsAll:
    """The map is 1: the IoU is the share of artifact pixels."""

    def __init__(self, setup: Setup) -> None:
        del setup

    def assess(self, batch: Batch) -> Scores:
        """Raises `HarnessError` without an image."""
        return _scores(torch.ones_like(_image(batch, "finds-all")[:, :1]))


class FindsOddSharpness:
    """Finds where a picture is far sharper or smoother than most of itself (see `odd_sharpness`)."""

    def __init__(self, setup: Setup) -> None:
        del setup

    def assess(self, batch: Batch) -> Scores:
        """Judge ``batch.image`` [N,3,H,W] in [0,1]. Raises `HarnessError` where there is none."""
        image = _image(batch, "finds-odd-sharpness")
        return _scores(torch.stack([odd_sharpness(one) for one in image]))


def odd_sharpness(image: Tensor) -> Tensor:
    """``[1, H, W]`` in [0, 1] of RGB ``[3, H, W]`` in [0, 1], nothing learnt (ours).

    The logarithm of local sharpness (mean magnitude of the Laplacian of grey) against its median over the picture, in
    robust standard deviations (1.4826 times the median deviation), over `FULL`.
    """
    grey = image.mean(0).cpu().numpy().astype(np.float32) * 255
    steep = cv2.GaussianBlur(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), (0, 0), SIGMA)
    level = np.log1p(steep)
    away = np.abs(level - np.median(level))
    spread = 1.4826 * float(np.median(away))
    odd = np.clip(away / (FULL * max(spread, 1e-3)), 0, 1)
    return torch.from_numpy(odd)[None].to(image.device)


class FindsKnown:
    """The labels themselves: a ceiling, and how the report shows what is marked."""

    def __init__(self, setup: Setup) -> None:
        del setup

    def assess(self, batch: Batch) -> Scores:
        """The map is 1 where the first label map is not 0. Raises `HarnessError` without an image or labels."""
        _image(batch, "finds-known")
        if batch.labels is None:
            raise HarnessError("finds-known needs label maps")
        return _scores((batch.labels[:, :1] > 0).float())

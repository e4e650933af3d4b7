"""Which grey a metric looks at: two lumas of BT.601, and OpenCV's grey levels."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["grey_opencv", "luma_8bit", "studio_y"]

LUMA = (0.298936021293775, 0.587043074451121, 0.114020904255103)  # BT.601 as MATLAB's rgb2gray has it
STUDIO = (65.481 / 255, 128.553 / 255, 24.966 / 255)  # BT.601 for black = 16 and white = 235, MATLAB's rgb2ycbcr
OPENCV = (9798, 19235, 3735)  # BT.601 in units of 2^-15, what cvtColor uses on 8-bit pictures


def _weighted(image: Tensor, weights: tuple[float, ...]) -> Tensor:
    return (image * torch.tensor(weights, dtype=image.dtype, device=image.device).view(1, 3, 1, 1)).sum(1, keepdim=True)


def luma_8bit(image: Tensor) -> Tensor:
    """Grey levels 0 to 255 as MATLAB's ``rgb2gray`` of an 8-bit picture: whole numbers, float64 ``[N,1,H,W]``.

    With three decimals (0.299, 0.587, 0.114) one colour in a thousand would lie half-way between two levels, and the
    device would decide; with MATLAB's digits none does.
    """
    return _weighted(image.double().mul(255).round(), LUMA).round()


def studio_y(image: Tensor) -> Tensor:
    """Y of YCbCr, BT.601 studio range, in [16/255, 235/255], *not* rounded, as BasicSR does: ``[N,1,H,W]``.

    MATLAB's ``rgb2ycbcr`` of an 8-bit picture rounds it to whole levels.

    Example:
        >>> (studio_y(torch.ones(1, 3, 1, 1)) * 255).item()
        235.0
    """
    return _weighted(image, STUDIO) + 16 / 255


def grey_opencv(image: Tensor) -> Tensor:
    """Grey levels 0 to 255 as ``cv2.cvtColor`` gives them, to the last bit: float64 ``[N,1,H,W]``."""
    red, green, blue = image.double().mul(255).round().long().unbind(1)
    levels = (red * OPENCV[0] + green * OPENCV[1] + blue * OPENCV[2] + (1 << 14)) >> 15
    return levels.double()[:, None]

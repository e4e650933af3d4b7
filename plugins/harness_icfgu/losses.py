"""What teaches the confidence: the error of trusted hole pixels, and a price for those that are not trusted.

The paper states the two terms, not their form; the form is ours. Images are RGB in [-1, 1], masks 1 = hole.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

__all__ = ["Trust", "trust_losses"]

SMALLEST_LEVEL = 1e-3  # ours: an error of 0.1 % of the range is noise of rounding


class Trust(NamedTuple):
    """``error``: what trusted pixels get wrong. ``distrust``: what not trusting costs. ``mean``: mean confidence."""

    error: Tensor
    distrust: Tensor
    mean: Tensor


def trust_losses(image: Tensor, truth: Tensor, confidence: Tensor, mask: Tensor) -> Trust:
    """Means over the hole pixels of a batch of ``c · e / ē`` and of ``(1 - c)²``.

    ours: e is a pixel's mean absolute error over the channels, ē its mean over the batch's hole pixels. The sum of
    both is least at ``c = 1 - E[e] / 2ē``: above the threshold 0.5 stand the pixels that the network expects to get
    less wrong than a hole pixel on average, early in a training as late. Without the second term it is least at c = 0.

    Parameters
    ----------
    image, truth
        ``[N, 3, H, W]`` in [-1, 1].
    confidence
        ``[N, 1, H, W]`` in [0, 1].
    mask
        ``[N, 1, H, W]``, 1 = hole.

    """
    pixels = mask.sum().clamp(min=1)
    error = (image - truth).abs().mean(1, keepdim=True)
    level = ((error.detach() * mask).sum() / pixels).clamp(min=SMALLEST_LEVEL)
    return Trust(
        error=(confidence * error * mask).sum() / (level * pixels),
        distrust=((1 - confidence).square() * mask).sum() / pixels,
        mean=(confidence.detach() * mask).sum() / pixels,
    )
